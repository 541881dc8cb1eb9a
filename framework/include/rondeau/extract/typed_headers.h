// Fields with a meaning: `typed::Accept`, `typed::IfMatch` … as handlers' parameters.
//
// Absent: 400, or empty as std::optional<typed::Accept>. Malformed, or a single value in several lines: 400 naming
// the field. One of your own is a type with `static constexpr std::string_view kField` and `static std::optional<T>
// parse(std::string_view value)`; lists get their lines joined by ", ", and a field of one value says `static constexpr
// bool kSingle = true`.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/extract/extractor.h>
#include <rondeau/http/byte_range.h>
#include <rondeau/http/entity_tag.h>
#include <rondeau/http/forwarded.h>
#include <rondeau/schema/operation.h>

namespace rondeau::extract {

template <class T>
concept TypedHeader = requires(std::string_view value) {
  { T::kField } -> std::convertible_to<std::string_view>;
  { T::parse(value) } -> std::same_as<std::optional<T>>;
};

/// The value of the field, its lines joined. False where it is absent, or has several lines though it is single.
bool typed_header_text(const http::Request& request, std::string_view name, bool single, std::string& text,
                       Rejection& rejection);
bool reject_malformed_header(std::string_view name, Rejection& rejection);

namespace typed {

/// One element of a list in which a client says how much it likes what.
struct Weighted {
  std::string value;   ///< in lower case: "text/html", "gzip", "de-at", "*"
  int quality = 1000;  ///< in thousandths; 0: not at all
};

/// Content-Type (RFC 9110 §8.3). One with more than 64 parameters is malformed.
struct ContentType {
  static constexpr std::string_view kField = "content-type";
  static constexpr bool kSingle = true;
  static std::optional<ContentType> parse(std::string_view value);

  std::string type;                                             ///< "text/html", in lower case
  std::vector<std::pair<std::string, std::string>> parameters;  ///< names in lower case

  bool is(std::string_view other) const noexcept;
  /// Nothing where it is not given.
  std::optional<std::string_view> parameter(std::string_view name) const noexcept;
};

/// Accept (RFC 9110 §12.5.1). Best first; of equals the more specific, then the one that stood first.
struct Accept {
  static constexpr std::string_view kField = "accept";
  static std::optional<Accept> parse(std::string_view value);

  std::vector<Weighted> ranges;

  /// Thousandths, by the most specific range that covers the type; 0 where none does.
  int quality_of(std::string_view type) const noexcept;
  /// The type the client likes best, of equals the first; nothing where it takes none.
  std::optional<std::string_view> best_of(std::initializer_list<std::string_view> types) const noexcept;
};

/// Accept-Encoding (RFC 9110 §12.5.3). Best first.
struct AcceptEncoding {
  static constexpr std::string_view kField = "accept-encoding";
  static std::optional<AcceptEncoding> parse(std::string_view value);

  std::vector<Weighted> codings;

  /// "identity" is taken unless it, or `*` without it, has a weight of 0.
  int quality_of(std::string_view coding) const noexcept;
};

/// Accept-Language (RFC 9110 §12.5.4). Best first.
struct AcceptLanguage {
  static constexpr std::string_view kField = "accept-language";
  static std::optional<AcceptLanguage> parse(std::string_view value);

  std::vector<Weighted> ranges;

  /// The tag the client likes best: a range covers itself and what goes on behind it with '-' (RFC 4647 §3.3.1); of
  /// equals the first. Nothing where it takes none.
  std::optional<std::string_view> best_of(std::initializer_list<std::string_view> tags) const noexcept;
};

/// Authorization (RFC 9110 §11.6.2). Never to be logged.
struct Authorization {
  static constexpr std::string_view kField = "authorization";
  static constexpr bool kSingle = true;
  static std::optional<Authorization> parse(std::string_view value);

  std::string scheme;       ///< "bearer", in lower case
  std::string credentials;  ///< what stands behind it; may be empty
};

/// ETag (RFC 9110 §8.8.3), of a client that tells which state it sends.
struct ETag {
  static constexpr std::string_view kField = "etag";
  static constexpr bool kSingle = true;
  static std::optional<ETag> parse(std::string_view value);
  http::EntityTag tag;
};

struct IfMatch {
  static constexpr std::string_view kField = "if-match";
  static std::optional<IfMatch> parse(std::string_view value);

  bool any = false;  ///< `*`
  std::vector<http::EntityTag> tags;
  /// By strong comparison.
  bool matches(const http::EntityTag& current) const noexcept;
};

struct IfNoneMatch {
  static constexpr std::string_view kField = "if-none-match";
  static std::optional<IfNoneMatch> parse(std::string_view value);

  bool any = false;  ///< `*`
  std::vector<http::EntityTag> tags;
  /// By weak comparison.
  bool matches(const http::EntityTag& current) const noexcept;
};

struct IfModifiedSince {
  static constexpr std::string_view kField = "if-modified-since";
  static constexpr bool kSingle = true;
  static std::optional<IfModifiedSince> parse(std::string_view value);
  std::chrono::sys_seconds time;
};

struct IfUnmodifiedSince {
  static constexpr std::string_view kField = "if-unmodified-since";
  static constexpr bool kSingle = true;
  static std::optional<IfUnmodifiedSince> parse(std::string_view value);
  std::chrono::sys_seconds time;
};

/// Range (RFC 9110 §14.2), in bytes; another unit is malformed.
struct Range {
  static constexpr std::string_view kField = "range";
  static constexpr bool kSingle = true;
  static std::optional<Range> parse(std::string_view value);

  std::string value;
  /// What it means for a content of that many bytes.
  http::ByteRanges of(std::uint64_t size) const { return http::parse_byte_ranges(value, size); }
};

/// Forwarded (RFC 7239), as it was sent: whoever sent it may have made it up. See http::client_of().
struct Forwarded {
  static constexpr std::string_view kField = "forwarded";
  static std::optional<Forwarded> parse(std::string_view value);
  std::vector<http::ForwardedElement> elements;
};

struct UserAgent {
  static constexpr std::string_view kField = "user-agent";
  static constexpr bool kSingle = true;
  static std::optional<UserAgent> parse(std::string_view value);
  std::string value;
};

/// Referer (RFC 9110 §10.1.3): a URI, absolute or not, without a fragment.
struct Referer {
  static constexpr std::string_view kField = "referer";
  static constexpr bool kSingle = true;
  static std::optional<Referer> parse(std::string_view value);
  std::string value;
};

/// Origin (RFC 6454 §7): `null`, or scheme and authority.
struct Origin {
  static constexpr std::string_view kField = "origin";
  static constexpr bool kSingle = true;
  static std::optional<Origin> parse(std::string_view value);

  bool is_null() const noexcept { return scheme.empty(); }
  std::string scheme;     ///< "https", in lower case; empty for `null`
  std::string authority;  ///< "example.org:8443", in lower case
};

/// Cache-Control of a request (RFC 9111 §5.2.1). Directives that are not known are passed over.
struct CacheControl {
  static constexpr std::string_view kField = "cache-control";
  static std::optional<CacheControl> parse(std::string_view value);

  std::optional<std::chrono::seconds> max_age;
  std::optional<std::chrono::seconds> max_stale;  ///< seconds::max() where it is given without a number
  std::optional<std::chrono::seconds> min_fresh;
  bool no_cache = false;
  bool no_store = false;
  bool no_transform = false;
  bool only_if_cached = false;
};

}  // namespace typed
}  // namespace rondeau::extract

namespace rondeau {

namespace typed = extract::typed;

template <extract::TypedHeader T>
struct Extract<T> {
  static constexpr bool kSingle = requires { T::kSingle; };
  static bool extract(extract::Context& context, T* slot, Rejection& rejection) {
    std::string text;
    if (!extract::typed_header_text(context.request(), T::kField, kSingle, text, rejection)) return false;
    std::optional<T> parsed = T::parse(text);
    if (!parsed) return extract::reject_malformed_header(T::kField, rejection);
    std::construct_at(slot, *std::move(parsed));
    return true;
  }
  static void describe(schema::Operation& operation) {
    operation.parameter(schema::In::Header, T::kField, schema::Form::text());
    operation.problem(http::StatusCode::BadRequest);
  }
};

}  // namespace rondeau
