#include <rondeau/middleware/decompress.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/http/request.h>
#include <rondeau/response/problem.h>
#include <rondeau/text/ascii.h>

#include "middleware/decoding_source.h"

namespace rondeau::middleware {
namespace {

using http::HeaderName;

/// Kept with the request, inner ones first.
struct Decoding {
  std::vector<std::unique_ptr<DecodingSource>> sources;
};

/// In the order in which they were applied; nullopt: there is one we cannot take off.
std::optional<std::vector<coding::Coding>> codings_of(const http::Request& request) {
  std::vector<coding::Coding> codings;
  for (const http::HeaderField& field : request.headers()) {
    if (field.id != HeaderName::ContentEncoding) continue;
    text::ListItems items(field.value);
    for (std::string_view name; items.next(name);) {
      if (text::equals_ignoring_case(name, "identity")) continue;
      const std::optional<coding::Coding> coding = coding::coding_named(name);
      if (!coding || !coding::is_available(*coding)) return std::nullopt;
      codings.push_back(*coding);
    }
  }
  return codings;
}

http::Response refuse(const http::Request& request) {
  std::string names;
  for (const coding::Coding coding : coding::kCodings) {
    if (coding::is_available(coding)) names.append(coding::to_string(coding)).append(", ");
  }
  names += "identity";
  return response::Problem(http::StatusCode::UnsupportedMediaType, "the content coding of the body is not taken here")
      .header(HeaderName::AcceptEncoding, names)
      .into_response(request);
}

}  // namespace

Result<void> Decompress::check() const {
  if (ratio == 0) return Error(Errc::InvalidArgument, "Decompress: a ratio of 0; nothing would be read");
  return {};
}

std::optional<http::Response> Decompress::before(http::Request& request) const {
  if (!request.headers().contains(HeaderName::ContentEncoding)) return std::nullopt;
  const std::optional<std::vector<coding::Coding>> codings = codings_of(request);
  if (!codings || codings->size() > max_codings) return refuse(request);
  http::RequestHead& head = request.block().head;
  if (head.framing != http::BodyFraming::None && !codings->empty()) {
    const InflateLimits limits{ratio, ratio_after, request.limits().max_streamed_body};
    Decoding& decoding = request.extensions().insert(Decoding{});
    const DecodingSource* inner = nullptr;
    for (std::size_t i = codings->size(); i-- > 0;) {
      decoding.sources.push_back(
          std::make_unique<DecodingSource>(std::move(request.body()), (*codings)[i], limits, inner));
      inner = decoding.sources.back().get();
      request.body() = http::Body(*decoding.sources.back());
    }
    std::erase_if(head.fields, [](const http::HeadField& field) { return field.id == HeaderName::ContentLength; });
  }
  std::erase_if(head.fields, [](const http::HeadField& field) { return field.id == HeaderName::ContentEncoding; });
  return std::nullopt;
}

}  // namespace rondeau::middleware
