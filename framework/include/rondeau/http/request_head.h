// RequestHead: what the parser found, as positions in the buffer; and RequestHeaders, the view of its fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <rondeau/http/headers.h>
#include <rondeau/http/method.h>
#include <rondeau/http/version.h>
#include <rondeau/url/target.h>

namespace rondeau::http {

using url::Slice;

/// How the end of a body is found (RFC 9112 §6.3). UntilClose: of answers alone.
enum class BodyFraming : std::uint8_t { None, Length, Chunked, UntilClose };

/// A field by its place in the buffer; the value is trimmed.
struct HeadField {
  Slice name;
  Slice value;
  HeaderName id = HeaderName::Other;
};

/// A parsed and checked request head. Positions count from `base`, so the buffer may move: set `base` anew.
///
/// Reused from request to request; `fields` keeps its capacity. Lifetime: the buffer's.
struct RequestHead {
  const char* base = nullptr;  ///< the first byte of the buffer that the positions count from
  std::uint32_t length = 0;    ///< bytes of the head, blank lines before it included: the body starts there
  Method method = Method::Get;
  Version version = Version::Http11;
  BodyFraming framing = BodyFraming::None;
  bool keep_alive = true;         ///< what the peer asks for; ours to refuse
  bool expects_continue = false;  ///< `Expect: 100-continue` of an HTTP/1.1 request with a body
  bool wants_upgrade = false;     ///< `Connection: upgrade` and `Upgrade` of an HTTP/1.1 request
  std::uint64_t content_length = 0;
  Slice target_text;
  url::Target target;  ///< positions within target_text
  std::vector<HeadField> fields;

  std::string_view text(Slice slice) const noexcept { return {base + slice.offset, slice.length}; }
};

/// The fields of a request, to be read. Lifetime: the request's.
///
/// Lookups walk the fields in order; by HeaderName they compare integers.
class RequestHeaders {
 public:
  explicit RequestHeaders(const RequestHead& head) noexcept : head_(&head) {}

  /// The value of the first field of that name, without blanks at its ends.
  std::optional<std::string_view> get(HeaderName name) const noexcept;
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  bool contains(HeaderName name) const noexcept { return get(name).has_value(); }
  bool contains(std::string_view name) const noexcept { return get(name).has_value(); }
  std::size_t count(HeaderName name) const noexcept;
  std::size_t count(std::string_view name) const noexcept;
  /// True when one of the fields of that name, read as comma-separated lists, holds `token` without regard to case.
  bool list_contains(HeaderName name, std::string_view token) const noexcept;

  std::size_t size() const noexcept { return head_->fields.size(); }
  HeaderField operator[](std::size_t index) const noexcept {
    const HeadField& field = head_->fields[index];
    return {field.id, head_->text(field.name), head_->text(field.value)};
  }
  HeaderIterator<RequestHeaders> begin() const noexcept { return {this, 0}; }
  HeaderIterator<RequestHeaders> end() const noexcept { return {this, size()}; }

  /// A copy that outlives the request.
  Headers own() const;

 private:
  const RequestHead* head_;
};

}  // namespace rondeau::http
