// Entity tags, conditions, ranges and dates, as a client may write them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rondeau/http/byte_range.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/preconditions.h>
#include <rondeau/http/request.h>
#include <rondeau/response/disposition.h>
#include <rondeau/text/date.h>

using namespace rondeau;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_tags(std::string_view input) {
  if (const auto tag = EntityTag::parse(input)) require(tag->to_string() == input);
  require(EntityTag::parse(EntityTag(input).to_string()) == EntityTag(input));
  http::EntityTagItems items(input);
  std::size_t length = 0;
  while (auto tag = items.next()) {
    require(EntityTag::parse(tag->to_string()) == tag);
    length += tag->to_string().size();
  }
  require(length <= input.size());
}

void check_ranges(std::string_view input) {
  for (std::uint64_t size : {std::uint64_t{0}, std::uint64_t{10}, ~std::uint64_t{0}}) {
    const http::ByteRanges read = http::parse_byte_ranges(input, size);
    require((read.verdict == http::ByteRanges::Verdict::Satisfiable) == !read.ranges.empty());
    require(read.ranges.size() <= 8);
    std::uint64_t sum = 0;
    for (const http::ByteRange& range : read.ranges) {
      require(range.first <= range.last && range.last < size);
      sum += range.length();
    }
    require(sum <= size);  // they do not overlap
  }
}

void check_conditions(std::string_view input) {
  if (!http::is_valid_field_value(input)) return;
  const http::CurrentState current{.etag = EntityTag("a"), .last_modified = text::parse_http_date("0")};
  for (HeaderName name : {HeaderName::IfMatch, HeaderName::IfNoneMatch, HeaderName::IfRange,
                          HeaderName::IfModifiedSince, HeaderName::IfUnmodifiedSince}) {
    Headers headers;
    if (!headers.append(name, input)) return;
    const auto request = Request::make(Method::Put, "/", headers);
    if (!request) return;
    const auto verdict = http::evaluate_preconditions(Method::Put, request->headers(), current);
    require(verdict != http::Precondition::NotModified);  // of GET and HEAD alone
    static_cast<void>(http::if_range_holds(request->headers(), current));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_tags(input);
  check_ranges(input);
  check_conditions(input);
  require(http::is_valid_field_value(attachment(input)));
  return 0;
}
