// Url: an absolute http or https URL (RFC 3986), checked and normalised, as a client asks for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>

namespace rondeau::url {

/// What two programs could read in two ways is refused; what is equivalent becomes one spelling.
///
/// Refused: another scheme, control characters, spaces, backslashes anywhere; user information (credentials are set
/// apart); an empty host or label, a host that is not ASCII or has other characters than letters, digits, `-`, `.` and
/// `_`; IPv4 addresses in other forms than four decimal numbers; IPv6 zones; ports of 0 or above 65,535; a `%` without
/// two digits, `%00`, text that is no UTF-8; more than kMaxLength bytes.
/// Normalised: scheme and host in lower case, IPv6 addresses in their shortest form, no default port, no `.` and `..`
/// segments (raw or as `%2e`), a path of at least `/`, no fragment; in path and query, what is not ASCII and any of
/// `"<>[]^{|}` and the backquote is percent-encoded. Everything else stays as it was written.
///
/// Thread safety: as for a std::string. Lifetime: views live until the Url is changed, moved or destroyed.
class Url {
 public:
  static constexpr std::size_t kMaxLength = 64 * 1024;

  /// `https://example.org/a?b=c`. Errors: InvalidArgument with the rule that was broken; never with the text, which may
  /// hold secrets.
  static Result<Url> parse(std::string_view text);
  /// What a reference means that stands in a document of this URL, such as a Location (RFC 3986 §5.2, strictly):
  /// `../c`,
  /// `//host/`, `?d`, another URL. Errors: as parse().
  Result<Url> resolve(std::string_view reference) const;

  /// "http" or "https".
  std::string_view scheme() const noexcept { return part(0, secure_ ? 5 : 4); }
  bool is_secure() const noexcept { return secure_; }
  /// With the brackets of an IPv6 address; a trailing dot stays.
  std::string_view host() const noexcept { return part(host_, host_end_); }
  /// The port to connect to: the scheme's own, where none was said.
  std::uint16_t port() const noexcept { return port_; }
  /// `host[:port]` as a Host field has it: without the scheme's own port.
  std::string_view authority() const noexcept { return part(host_, path_); }
  /// `https://host[:port]`. Equal for URLs of one origin (RFC 6454 §4), and only for those.
  std::string_view origin() const noexcept { return part(0, path_); }
  /// As it is sent, not decoded; begins with `/`.
  std::string_view path() const noexcept { return part(path_, query_); }
  bool has_query() const noexcept { return query_ < text_.size(); }
  /// Without the `?`; empty also when there is none.
  std::string_view query() const noexcept { return has_query() ? part(query_ + 1, text_.size()) : std::string_view(); }
  /// The request target in its origin form; parse_target() takes it.
  std::string_view path_and_query() const noexcept { return part(path_, text_.size()); }
  /// All of it.
  const std::string& text() const noexcept { return text_; }
  /// For logs and errors: `https://host/path?key=***&***`.
  std::string redacted() const;

  /// The same with another query, which is encoded already; an empty one takes the `?` away. Errors: as parse().
  Result<Url> with_query(std::string_view query) const;
  /// Puts a pair behind the query, encoded as a form's (`+` for a space). Errors: InvalidArgument for a NUL, text that
  /// is no UTF-8, or too much of it; then nothing has changed.
  Result<void> add_query_pair(std::string_view name, std::string_view value);

  friend bool operator==(const Url& left, const Url& right) noexcept { return left.text_ == right.text_; }

 private:
  Url() = default;

  std::string_view part(std::size_t begin, std::size_t end) const noexcept {
    return {text_.data() + begin, end - begin};
  }
  Result<void> set_authority(std::string_view authority);
  Result<void> set_path_and_query(std::string_view path, std::string_view query);

  std::string text_;
  std::size_t host_ = 0;
  std::size_t host_end_ = 0;
  std::size_t path_ = 0;
  std::size_t query_ = 0;  // the place of the `?`, or the end
  std::uint16_t port_ = 0;
  bool secure_ = false;
};

}  // namespace rondeau::url

namespace rondeau {
using url::Url;
}  // namespace rondeau
