#include "http/request_line.h"

#include <optional>

#include <rondeau/text/ascii.h>

namespace rondeau::http {

namespace {

// Methods and versions are short: a loop is done before a library call has begun.
std::size_t find_space(std::string_view line) noexcept {
  std::size_t at = 0;
  while (at < line.size() && line[at] != ' ') ++at;
  return at;
}

/// There is one.
std::size_t find_last_space(std::string_view line) noexcept {
  std::size_t at = line.size() - 1;
  while (line[at] != ' ') --at;
  return at;
}

/// Too long: a token may be a method of somebody else's, anything else is no method.
RefusalReason judge_method(std::string_view method, const Limits& limits) noexcept {
  if (method.empty() || !text::is_token(method)) return RefusalReason::BadMethod;
  return method.size() > limits.max_method ? RefusalReason::MethodTooLong : RefusalReason::None;
}

RefusalReason parse_version(std::string_view version, Version& out) noexcept {
  if (version == "HTTP/1.1") return out = Version::Http11, RefusalReason::None;
  if (version == "HTTP/1.0") return out = Version::Http10, RefusalReason::None;
  bool well_formed = version.size() == 8 && version.starts_with("HTTP/") && text::is_digit(version[5]) &&
                     version[6] == '.' && text::is_digit(version[7]);
  return well_formed && version != "HTTP/0.9" ? RefusalReason::UnsupportedVersion : RefusalReason::BadVersion;
}

constexpr std::string_view kUsualEnd = " HTTP/1.1";

/// Reads method and version, and finds the spaces beside the target.
RefusalReason cut(std::string_view line, const Limits& limits, RequestHead& head, std::size_t& first,
                  std::size_t& last) {
  first = find_space(line);
  if (first == line.size()) return RefusalReason::RequestLine;
  const std::string_view method = line.substr(0, first);
  const std::optional<Method> known = parse_method(method);
  if (!known) {
    if (RefusalReason reason = judge_method(method, limits); reason != RefusalReason::None) return reason;
  }
  last = find_last_space(line);
  if (last == first) return RefusalReason::RequestLine;
  if (RefusalReason reason = parse_version(line.substr(last + 1), head.version); reason != RefusalReason::None) {
    return reason;
  }
  // CONNECT is for proxies; we are none (RFC 9110 §9.3.6).
  if (!known || *known == Method::Connect) return RefusalReason::UnknownMethod;
  head.method = *known;
  return RefusalReason::None;
}

}  // namespace

RefusalReason parse_request_line(std::string_view line, std::size_t offset, const Limits& limits, RequestHead& head) {
  std::size_t first = 0;
  std::size_t last = 0;
  if (line.starts_with("GET ") && line.size() > kUsualEnd.size() + 3 && line.ends_with(kUsualEnd)) {
    // What nearly everybody sends, without a search.
    first = 3;
    last = line.size() - kUsualEnd.size();
    head.method = Method::Get;
    head.version = Version::Http11;
  } else if (RefusalReason reason = cut(line, limits, head, first, last); reason != RefusalReason::None) {
    return reason;
  }
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (target.size() > limits.max_target) return RefusalReason::TargetTooLong;
  if (!url::parse_target(target, head.target)) return RefusalReason::BadTarget;
  if (head.target.form == url::TargetForm::Asterisk && head.method != Method::Options) return RefusalReason::BadTarget;
  head.target_text = {static_cast<std::uint32_t>(offset + first + 1), static_cast<std::uint32_t>(target.size())};
  return RefusalReason::None;
}

RefusalReason judge_long_request_line(std::string_view line, const Limits& limits) noexcept {
  std::size_t first = line.find(' ');
  if (first == std::string_view::npos || first > limits.max_method) {
    return judge_method(line.substr(0, limits.max_method + 1), limits);
  }
  RefusalReason reason = judge_method(line.substr(0, first), limits);
  return reason == RefusalReason::None ? RefusalReason::TargetTooLong : reason;
}

}  // namespace rondeau::http
