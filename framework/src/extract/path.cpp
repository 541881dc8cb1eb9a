#include <rondeau/extract/path.h>

#include <optional>
#include <vector>

#include <rondeau/reflect/descriptor.h>
#include <rondeau/text/percent.h>
#include <rondeau/text/utf8.h>

namespace rondeau::extract {

using http::StatusCode;

std::string_view matched_path(const http::Request& request) noexcept {
  const std::string_view pattern = request.route().pattern;
  return pattern.empty() ? "unmatched" : pattern;
}

bool path_text(const http::Request& request, std::string_view name, std::string& scratch, std::string_view& text,
               Rejection& rejection) {
  const std::optional<std::string_view> raw = request.raw_path_parameter(name);
  if (!raw) return rejection.reject_missing("path", name);  // a fallback's path has none
  text = *raw;
  if (raw->find('%') != std::string_view::npos) {
    scratch.clear();
    if (!text::percent_decode_to(scratch, *raw)) {
      return rejection.reject_field(StatusCode::BadRequest, "path", name, "encoding", "is not percent-encoded well");
    }
    text = scratch;
  }
  if (!text::is_utf8(text)) {
    return rejection.reject_field(StatusCode::BadRequest, "path", name, "encoding", "is not UTF-8");
  }
  return true;
}

bool path_members(const http::Request& request, const reflect::Descriptor& type, void* object, Rejection& rejection) {
  const auto& table = reflect::as<reflect::StructDescriptor>(type);
  std::vector<const void*> addresses(table.fields.size());
  table.addresses(object, addresses.data());
  bool good = true;
  for (std::size_t i = 0; i < table.fields.size(); ++i) {
    std::string scratch;
    std::string_view text;
    Unfit unfit;
    if (!path_text(request, table.fields[i].name, scratch, text, rejection)) {
      good = false;
    } else if (!read_text(*table.fields[i].type, const_cast<void*>(addresses[i]), text, unfit)) {
      good = rejection.reject_field(StatusCode::BadRequest, "path", table.fields[i].name, unfit.code, unfit.why);
    }
  }
  return good;
}

}  // namespace rondeau::extract

namespace rondeau {

bool Extract<RawPath>::extract(extract::Context& context, RawPath* slot, Rejection&) {
  std::construct_at(slot, RawPath{{std::string(context.request().path())}});
  return true;
}

bool Extract<MatchedPath>::extract(extract::Context& context, MatchedPath* slot, Rejection&) {
  std::construct_at(slot, MatchedPath{{extract::matched_path(context.request())}});
  return true;
}

}  // namespace rondeau
