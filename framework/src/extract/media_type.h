// A media type and its parameters, as Content-Type and Content-Disposition write them.
#pragma once

#include <string>
#include <string_view>

#include <rondeau/text/ascii.h>

namespace rondeau::extract {

/// "text/plain" of "text/plain; charset=utf-8". Compare it without regard to case.
inline std::string_view media_type(std::string_view content_type) noexcept {
  return text::trim(content_type.substr(0, content_type.find(';')));
}

/// Walks what stands behind the media type: `; name=token; name="quoted"`.
///
///     Parameters parameters(value);
///     while (parameters.next()) … parameters.name, parameters.value …
///     if (parameters.malformed) …
///
/// In quotes `\"` and `\\` are escapes; any other backslash is one, since browsers send names of files as they are.
class Parameters {
 public:
  explicit Parameters(std::string_view field) noexcept;
  /// False at the end, and from the first mistake on.
  bool next();

  std::string_view name;
  std::string value;
  bool malformed = false;

 private:
  bool fail() noexcept { return malformed = true, false; }
  bool take_quoted();

  std::string_view rest_;
};

}  // namespace rondeau::extract
