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

void add_field(http::Headers& headers, std::string_view field) {
  const std::size_t colon = field.find(": ");
  if (colon == std::string_view::npos) broken(std::string(field));
  if (!headers.append(field.substr(0, colon), field.substr(colon + 2))) broken(std::string(field));
}

}  // namespace

std::optional<TestResponse> ResponseReader::next(http::Method asked, bool ended) {
  if (begun(asked, ended) == nullptr || !is_complete()) return std::nullopt;
  std::optional<TestResponse> whole = std::exchange(response_, {});
  return whole;
}

const TestResponse* ResponseReader::begun(http::Method asked, bool ended) {
  while (!response_) {
    if (!read_head(asked)) return nullptr;
  }
  while (read_body(ended)) {
  }
  bytes_.erase(0, std::exchange(used_, 0));
  return &*response_;
}

std::string ResponseReader::take_body() {
  return response_ ? std::exchange(response_->body_, {}) : std::string();
}

/// False: it is not there yet.
bool ResponseReader::read_head(http::Method asked) {
  if (rest().find("\r\n\r\n") == std::string_view::npos) return false;
  const std::string_view line = *take_line();
  if (!line.starts_with("HTTP/1.1 ") || line.size() < 13) broken(std::string(line));
  TestResponse response;
  response.asked_.method = asked;
  response.status_ = static_cast<http::StatusCode>(number<std::uint16_t>(line.substr(9, 3), 10));
  for (std::string_view field = *take_line(); !field.empty(); field = *take_line()) {
    add_field(response.headers_, field);
  }
  if (http::is_informational(response.status_)) {
    informational_.push_back(std::move(response));
    return true;
  }
  response.informational_ = std::exchange(informational_, {});
  const auto length = response.header("content-length");
  if (asked == http::Method::Head || !http::allows_body(response.status_)) {
    expects_ = Expects::Nothing;
  } else if (response.header("transfer-encoding")) {
    expects_ = Expects::ChunkSize;
  } else if (length) {
    left_ = number<std::size_t>(*length, 10);
    expects_ = Expects::Bytes;
  } else {
    expects_ = Expects::ToTheEnd;
  }
  response_ = std::move(response);
  return true;
}

/// One step. False: it needs more bytes, or the body is whole.
bool ResponseReader::read_body(bool ended) {
  switch (expects_) {
    case Expects::Nothing:
      return false;
    case Expects::Bytes:
      if (!read_bytes()) return false;
      expects_ = Expects::Nothing;
      return true;
    case Expects::ToTheEnd:
      left_ = rest().size();
      static_cast<void>(read_bytes());
      if (ended) expects_ = Expects::Nothing;
      return false;
    case Expects::ChunkSize:
      return read_chunk_size();
    case Expects::ChunkBytes:
      if (!read_bytes()) return false;
      expects_ = Expects::ChunkEnd;
      return true;
    case Expects::ChunkEnd:
      return read_chunk_end();
    case Expects::Trailers:
      return read_trailer();
  }
  return false;
}

bool ResponseReader::read_bytes() {
  const std::size_t count = std::min(left_, rest().size());
  response_->body_ += rest().substr(0, count);
  used_ += count;
  left_ -= count;
  return left_ == 0;
}

bool ResponseReader::read_chunk_size() {
  const auto line = take_line();
  if (!line) return false;
  left_ = number<std::size_t>(*line, 16);
  expects_ = left_ == 0 ? Expects::Trailers : Expects::ChunkBytes;
  return true;
}

bool ResponseReader::read_chunk_end() {
  if (rest().size() < 2) return false;
  if (!rest().starts_with("\r\n")) broken("no line end behind a chunk");
  used_ += 2;
  expects_ = Expects::ChunkSize;
  return true;
}

bool ResponseReader::read_trailer() {
  const auto line = take_line();
  if (!line) return false;
  if (line->empty()) {
    expects_ = Expects::Nothing;
  } else {
    add_field(response_->trailers_, *line);
  }
  return true;
}

/// Without its end; empty: it has not come whole.
std::optional<std::string_view> ResponseReader::take_line() {
  const std::string_view text = rest();
  const std::size_t end = text.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  used_ += end + 2;
  return text.substr(0, end);
}

}  // namespace rondeau::testing
