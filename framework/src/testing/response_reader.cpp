#include <algorithm>
#include <charconv>
#include <cstdint>

#include <rondeau/testing/test_response.h>
#include <rondeau/text/ascii.h>

namespace rondeau::testing {
namespace {

[[noreturn]] void broken(const std::string& what) {
  throw std::runtime_error("TestApp: the answer is broken: " + what);
}

template <class N>
N number(std::string_view text, int base) {
  N value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) broken("no number: " + std::string(text));
  return value;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  return line;
}

/// Decodes a chunked body from the front of `text`. False: it is not complete.
bool take_chunks(std::string_view& text, std::string& out) {
  for (;;) {
    if (text.find("\r\n") == std::string_view::npos) return false;
    const auto size = number<std::size_t>(take_line(text), 16);
    if (text.size() < size + 2) return false;
    if (text.substr(size, 2) != "\r\n") broken("no line end behind a chunk");
    out += text.substr(0, size);
    text.remove_prefix(size + 2);
    if (size == 0) return true;
  }
}

}  // namespace

std::optional<TestResponse> ResponseReader::next(http::Method asked, bool ended) {
  for (;;) {
    const std::size_t end = bytes_.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    std::string_view head = std::string_view(bytes_).substr(0, end + 2);
    const std::string_view line = take_line(head);
    if (!line.starts_with("HTTP/1.1 ") || line.size() < 13) broken(std::string(line));
    TestResponse response;
    response.status_ = static_cast<http::StatusCode>(number<std::uint16_t>(line.substr(9, 3), 10));
    while (!head.empty()) {
      const std::string_view field = take_line(head);
      const std::size_t colon = field.find(": ");
      if (colon == std::string_view::npos) broken(std::string(field));
      if (!response.headers_.append(field.substr(0, colon), field.substr(colon + 2))) broken(std::string(field));
    }
    std::string_view rest = std::string_view(bytes_).substr(end + 4);
    if (http::is_informational(response.status_)) {
      bytes_.erase(0, end + 4);
      continue;
    }
    const auto length = response.header("content-length");
    if (asked == http::Method::Head || !http::allows_body(response.status_)) {
    } else if (response.header("transfer-encoding")) {
      if (!take_chunks(rest, response.body_)) return std::nullopt;
    } else if (length) {
      const auto size = number<std::size_t>(*length, 10);
      if (rest.size() < size) return std::nullopt;
      response.body_ = rest.substr(0, size);
      rest.remove_prefix(size);
    } else {
      if (!ended) return std::nullopt;
      response.body_ = rest;
      rest = {};
    }
    bytes_.erase(0, bytes_.size() - rest.size());
    return response;
  }
}

}  // namespace rondeau::testing
