// FormData: a form with files, as browsers send one (multipart/form-data, RFC 7578).
//
//     FormData form;
//     form.text("title", "Sunrise").file("image", {.filename = "sunrise.png", .body = RequestBody(png)});
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/client/request_body.h>

namespace rondeau::client {

/// A file of a form.
struct FormFile {
  std::string filename;           ///< UTF-8; a label, without folders
  std::string content_type = {};  ///< empty: by the file's name, else application/octet-stream
  RequestBody body = {};
};

/// Parts in the order of the calls, apart by a boundary that is random, so that no content can hold it.
///
/// Names and file names are sent as UTF-8, with CR, LF and `"` percent-encoded as browsers do (RFC 7578 §4.2, WHATWG
/// HTML §4.10.22.8). A part without a name, a name or file name that is no UTF-8 or has a backslash or another control
/// character, and a content type that is no field value, make the form faulty: servers read those in different ways.
/// Thread safety: as for a std::string.
class FormData {
 public:
  FormData();

  FormData& text(std::string_view name, std::string_view value) &;
  FormData&& text(std::string_view name, std::string_view value) && { return std::move(text(name, value)); }
  FormData& file(std::string_view name, FormFile file) &;
  FormData&& file(std::string_view name, FormFile file) && { return std::move(this->file(name, std::move(file))); }

  /// "multipart/form-data; boundary=…", for Content-Type.
  std::string content_type() const;
  /// The whole as it is sent. Its length is known where those of all files are, and it can be sent again where all of
  /// them can. It shares nothing with this form that changes. Errors: InvalidArgument, the first fault.
  Result<RequestBody> body() const;

 private:
  struct Part {
    std::string head;  // from the delimiter to the empty line
    RequestBody body;
  };
  void add(std::string_view name, const FormFile* file, RequestBody body);

  std::string boundary_;
  std::vector<Part> parts_;
  rondeau::Error fault_;
};

}  // namespace rondeau::client

namespace rondeau {
using client::FormData;
using client::FormFile;
}  // namespace rondeau
