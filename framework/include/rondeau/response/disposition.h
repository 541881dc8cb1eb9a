// attachment, inline_file: what a browser does with a body, and the name it gives the file.
#pragma once

#include <string>
#include <string_view>

namespace rondeau::response {

/// A value of Content-Disposition that makes a browser save the body under that name (RFC 6266):
///
///     Response::bytes(pdf, "application/pdf").header(HeaderName::ContentDisposition, attachment("née.pdf"))
///
/// `name` is UTF-8. Slashes, backslashes and control characters in it become `_`, so that it names no path and breaks
/// no field; what is not UTF-8, too. A name beyond plain ASCII is said in both forms, `filename*` (RFC 8187) and a
/// plain one for those who cannot read it.
std::string attachment(std::string_view name);
/// The same for a body that is shown, with the name it is saved under.
std::string inline_file(std::string_view name);

}  // namespace rondeau::response

namespace rondeau {
using response::attachment;
using response::inline_file;
}  // namespace rondeau
