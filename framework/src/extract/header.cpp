#include <rondeau/extract/header.h>

#include <rondeau/text/ascii.h>
#include <rondeau/text/utf8.h>

namespace rondeau::extract {

bool header_text(const http::Request& request, std::string_view name, std::string& scratch, std::string_view& text,
                 Rejection& rejection) {
  const http::RequestHeaders headers = request.headers();
  const std::size_t count = headers.count(name);
  if (count == 0) return rejection.reject_missing("header", name);
  text = *headers.get(name);
  if (count > 1) {
    const http::HeaderName id = http::find_header_name(name);
    if (id == http::HeaderName::SetCookie || id == http::HeaderName::Authorization) {
      return rejection.reject_field(http::StatusCode::BadRequest, "header", name, "repeated",
                                    "is given more than once");
    }
    scratch.clear();
    for (const http::HeaderField& field : headers) {
      if (field.id != id || !text::equals_ignoring_case(field.name, name)) continue;
      if (!scratch.empty()) scratch += ", ";
      scratch += field.value;
    }
    text = scratch;
  }
  if (text::is_utf8(text)) return true;
  return rejection.reject_field(http::StatusCode::BadRequest, "header", name, "encoding", "is not UTF-8");
}

}  // namespace rondeau::extract

namespace rondeau {

bool Extract<http::Headers>::extract(extract::Context& context, http::Headers* slot, Rejection&) {
  std::construct_at(slot, context.request().headers().own());
  return true;
}

}  // namespace rondeau
