#include <rondeau/middleware/compress.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <rondeau/http/entity_tag.h>
#include <rondeau/http/quality.h>
#include <rondeau/http/request.h>
#include <rondeau/response/problem.h>
#include <rondeau/text/ascii.h>

#include "middleware/encoding_producer.h"
#include "middleware/vary.h"

namespace rondeau::middleware {
namespace {

using coding::Coding;
using http::HeaderName;
using http::Method;
using http::StatusCode;

/// Longer bodies are compressed while they are sent.
constexpr std::size_t kAtOnce = 64 * 1024;

/// What a client takes (RFC 9110 §12.5.3).
struct Wish {
  std::optional<Coding> coding;  ///< the best of ours; nullopt: as it is
  bool refuses_identity = false;
};

struct Weights {
  std::array<int, coding::kCodings.size()> of_coding{-1, -1, -1, -1};  // in thousandths; -1: not named
  int identity = -1;
  int others = -1;  // of `*`
};

Weights weights_of(const http::Request& request) {
  Weights weights;
  for (const http::HeaderField& field : request.headers()) {
    if (field.id != HeaderName::AcceptEncoding) continue;
    text::ListItems items(field.value);
    for (std::string_view element; items.next(element);) {
      const std::string_view name = http::without_parameters(element);
      const std::optional<int> weight = http::weight(element);
      if (!weight) continue;  // whatever it means, it refuses nothing
      if (name == "*") {
        weights.others = *weight;
      } else if (text::equals_ignoring_case(name, "identity")) {
        weights.identity = *weight;
      } else if (const std::optional<Coding> coding = coding::coding_named(name)) {
        weights.of_coding[static_cast<std::size_t>(*coding)] = *weight;
      }
    }
  }
  return weights;
}

Wish wish_of(const http::Request& request, const std::vector<Coding>& offered) {
  const Weights weights = weights_of(request);
  Wish wish;
  wish.refuses_identity = weights.identity == 0 || (weights.identity < 0 && weights.others == 0);
  int best = std::max(weights.identity, 0);
  for (const Coding each : offered) {
    if (!coding::is_available(each)) continue;
    const int named = weights.of_coding[static_cast<std::size_t>(each)];
    const int weight = named < 0 ? weights.others : named;
    // Of equals ours comes first, and any coding before none.
    if (weight <= 0 || weight < best || (wish.coding && weight == best)) continue;
    best = weight;
    wish.coding = each;
  }
  return wish;
}

/// The media type without its parameters.
std::string_view type_of(const http::Response& response) {
  return http::without_parameters(response.headers().get(HeaderName::ContentType).value_or(""));
}

bool ends_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text::equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

/// Text, and the few others that are stored as they are.
bool is_worth_it(std::string_view type) {
  static constexpr std::array<std::string_view, 16> kTypes{"application/json",
                                                           "application/xml",
                                                           "application/javascript",
                                                           "application/x-javascript",
                                                           "application/ecmascript",
                                                           "application/jsonl",
                                                           "application/x-ndjson",
                                                           "application/yaml",
                                                           "application/toml",
                                                           "application/sql",
                                                           "application/graphql",
                                                           "application/wasm",
                                                           "application/x-www-form-urlencoded",
                                                           "font/ttf",
                                                           "font/otf",
                                                           "image/bmp"};
  if (type.size() > 5 && text::equals_ignoring_case(type.substr(0, 5), "text/")) return true;
  if (ends_ignoring_case(type, "+json") || ends_ignoring_case(type, "+xml")) return true;
  return std::ranges::any_of(kTypes, [&](std::string_view each) { return text::equals_ignoring_case(type, each); });
}

bool forbids_transforming(const http::Response& response) {
  for (const http::HeaderField& field : response.headers()) {
    if (field.id == HeaderName::CacheControl && text::list_contains(field.value, "no-transform")) return true;
    // Digests of what is sent (RFC 9530), or of what it used to be.
    for (std::string_view digest : {"content-digest", "repr-digest", "digest", "content-md5"}) {
      if (text::equals_ignoring_case(field.name, digest)) return true;
    }
  }
  return false;
}

/// Whether an answer could be coded, whatever its type and length.
bool may_be_coded(const http::Request& request, const http::Response& response) {
  const StatusCode status = response.status();
  if (code(status) < 200 || status == StatusCode::NoContent || status == StatusCode::ResetContent ||
      status == StatusCode::PartialContent || status == StatusCode::NotModified || response.is_upgrade()) {
    return false;
  }
  return !request.route().secret && !response.headers().contains(HeaderName::ContentEncoding) &&
         !response.headers().contains(HeaderName::ContentRange) && !forbids_transforming(response);
}

/// Of the content, where it is known; HEAD may promise it without a body.
std::optional<std::uint64_t> length_of(const http::Request& request, const http::Response& response) {
  if (!response.body().is_stream() && (request.method() != Method::Head || !response.body().view().empty())) {
    return response.body().view().size();
  }
  const auto promised = response.headers().get(HeaderName::ContentLength);
  if (!promised) return response.body().is_stream() ? response.body().seekable_length() : 0;
  std::uint64_t length = 0;
  const auto read = std::from_chars(promised->data(), promised->data() + promised->size(), length);
  return read.ec == std::errc() ? std::optional(length) : std::nullopt;
}

/// Two codings of one state have different bytes and the same meaning (RFC 9110 §8.8.1).
void weaken_tag(http::Response& response) {
  const auto field = response.headers().get(HeaderName::Etag);
  if (!field || field->starts_with("W/")) return;
  response.header(HeaderName::Etag, "W/" + std::string(*field));
}

/// Whether the client's copy has the tag that a coded answer had.
bool knows_weak_tag(const http::Request& request, const http::Response& response) {
  const auto tag = http::EntityTag::parse(response.headers().get(HeaderName::Etag).value_or(""));
  if (!tag) return false;
  for (const http::HeaderField& field : request.headers()) {
    if (field.id != HeaderName::IfNoneMatch) continue;
    http::EntityTagItems items(field.value);
    while (const auto known = items.next()) {
      if (known->is_weak() && known->opaque() == tag->opaque()) return true;
    }
  }
  return false;
}

void encode(const http::Request& request, http::Response& response, const Compress& settings, Coding coding) {
  const std::optional<std::uint64_t> length = length_of(request, response);
  http::ResponseBody content = std::move(response.body());
  if (content.is_stream() || content.view().size() > kAtOnce || (content.view().empty() && length != 0)) {
    response.set_body(http::ResponseBody(encoding_producer(std::move(content), coding, settings.levels, length)));
  } else {
    const auto encoder = coding::make_encoder(coding, settings.levels, content.view().size());
    std::string coded;
    // The length is right, and nothing else is an error.
    static_cast<void>(encoder->encode(content.view(), coding::Encoder::End::Finish, coded));
    response.set_body(http::ResponseBody(std::move(coded)));
  }
  response.headers().remove(HeaderName::ContentLength);
  response.headers().remove(HeaderName::AcceptRanges);
  response.headers().set_static(HeaderName::ContentEncoding, coding::to_string(coding));
  weaken_tag(response);
}

http::Response not_acceptable(const http::Request& request) {
  return response::Problem(StatusCode::NotAcceptable, "there is no content coding that the client takes")
      .header(HeaderName::Vary, "accept-encoding")
      .into_response(request);
}

}  // namespace

Result<void> Compress::check() const {
  const auto bad = [](const char* text) { return Error(Errc::InvalidArgument, text); };
  if (levels.zstd < 1 || levels.zstd > 22) return bad("Compress: levels of zstd are 1 to 22");
  if (levels.brotli < 0 || levels.brotli > 11) return bad("Compress: levels of br are 0 to 11");
  if (levels.gzip < 1 || levels.gzip > 9) return bad("Compress: levels of gzip are 1 to 9");
  return {};
}

std::optional<http::Response> Compress::before(http::Request& request) const {
  if (!request.headers().contains(HeaderName::AcceptEncoding)) return std::nullopt;
  const Wish wish = wish_of(request, codings);
  if (!wish.refuses_identity || (wish.coding && !request.route().secret)) return std::nullopt;
  return not_acceptable(request);
}

void Compress::after(const http::Request& request, http::Response& response) const {
  if (response.status() == StatusCode::NotModified) {
    if (request.route().secret) return;
    add_vary(response, "accept-encoding");
    if (knows_weak_tag(request, response)) weaken_tag(response);
    return;
  }
  const bool coded_already = response.headers().contains(HeaderName::ContentEncoding);
  const std::optional<std::uint64_t> length = length_of(request, response);
  if (coded_already || response.is_upgrade() || length == 0) return;
  const Wish wish = wish_of(request, codings);
  const bool possible = may_be_coded(request, response);
  if (wish.refuses_identity) {
    if (possible && wish.coding) {
      encode(request, response, *this, *wish.coding);
      return add_vary(response, "accept-encoding");
    }
    const bool safe = request.method() == Method::Get || request.method() == Method::Head;
    if (safe && code(response.status()) < 300) response = not_acceptable(request);
    return;
  }
  const std::string_view type = type_of(response);
  const bool wanted = text::equals_ignoring_case(type, "text/event-stream")
                          ? events
                          : is_worth_it(type) || std::ranges::any_of(more_types, [&](std::string_view each) {
                              return text::equals_ignoring_case(type, each);
                            });
  if (!possible || !wanted || (length && *length < minimum)) return;
  if (wish.coding) encode(request, response, *this, *wish.coding);
  add_vary(response, "accept-encoding");
}

}  // namespace rondeau::middleware
