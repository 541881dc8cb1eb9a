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

void add_field(http::Headers& headers, std::string_view field) {
  const std::size_t colon = field.find(": ");
  if (colon == std::string_view::npos) broken(std::string(field));
  if (!headers.append(field.substr(0, colon), field.substr(colon + 2))) broken(std::string(field));
}

/// Decodes a chunked body from the front of `text`. False: it is not complete.
bool take_chunks(std::string_view& text, std::string& out, http::Headers& trailers) {
  for (;;) {
    if (text.find("\r\n") == std::string_view::npos) return false;
    const auto size = number<std::size_t>(take_line(text), 16);
    if (size == 0) {
      while (text.find("\r\n") != std::string_view::npos) {
        const std::string_view line = take_line(text);
        if (line.empty()) return true;
        add_field(trailers, line);
      }
      return false;
    }
    if (text.size() < size + 2) return false;
    if (text.substr(size, 2) != "\r\n") broken("no line end behind a chunk");
    out += text.substr(0, size);
    text.remove_prefix(size + 2);
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
    response.asked_.method = asked;
    response.status_ = static_cast<http::StatusCode>(number<std::uint16_t>(line.substr(9, 3), 10));
    while (!head.empty()) add_field(response.headers_, take_line(head));
    std::string_view rest = std::string_view(bytes_).substr(end + 4);
    if (http::is_informational(response.status_)) {
      informational_.push_back(std::move(response));
      bytes_.erase(0, end + 4);
      continue;
    }
    const auto length = response.header("content-length");
    if (asked == http::Method::Head || !http::allows_body(response.status_)) {
    } else if (response.header("transfer-encoding")) {
      if (!take_chunks(rest, response.body_, response.trailers_)) return std::nullopt;
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
    response.informational_ = std::exchange(informational_, {});
    bytes_.erase(0, bytes_.size() - rest.size());
    return response;
  }
}

}  // namespace rondeau::testing
