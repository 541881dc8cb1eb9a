// TestResponse: an answer as a client sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/http/headers.h>
#include <rondeau/http/method.h>
#include <rondeau/http/status.h>
#include <rondeau/json/json.h>

namespace rondeau::testing {

/// What an answer is to.
struct Asked {
  http::Method method = http::Method::Get;
  std::string target = {};  ///< empty: who read the answer was not told
};

class TestResponse {
 public:
  const Asked& asked() const noexcept { return asked_; }
  http::StatusCode status() const noexcept { return status_; }
  const http::Headers& headers() const noexcept { return headers_; }
  /// The first field of that name.
  std::optional<std::string_view> header(std::string_view name) const { return headers_.get(name); }
  /// Decoded, without the framing of chunks.
  const std::string& body() const noexcept { return body_; }
  /// The fields behind a chunked body.
  const http::Headers& trailers() const noexcept { return trailers_; }
  /// What came before it: 100, 103.
  const std::vector<TestResponse>& informational() const noexcept { return informational_; }
  /// The body read as JSON. Throws std::runtime_error where it is none of that type.
  template <class T>
  T json() const {
    auto value = rondeau::json::parse<T>(body_);
    if (!value) throw std::runtime_error("TestResponse: the body is not the JSON that was asked for: " + body_);
    return *std::move(value);
  }

 private:
  friend class ResponseReader;
  friend class TestRequest;
  Asked asked_;
  http::StatusCode status_ = http::StatusCode::Ok;
  http::Headers headers_;
  std::string body_;
  http::Headers trailers_;
  std::vector<TestResponse> informational_;
};

/// Cuts the bytes of a connection into answers. Throws std::runtime_error where they are none.
class ResponseReader {
 public:
  void feed(std::string_view bytes) { bytes_ += bytes; }
  /// The next answer, if it is complete; `ended`: no more bytes will come. Informational ones come with it.
  std::optional<TestResponse> next(http::Method asked, bool ended);
  /// The same as soon as its head is there, with as much of the body as has come and was not taken; null before that.
  /// Valid until next() has given it.
  const TestResponse* begun(http::Method asked, bool ended);
  /// The answer that has begun is whole.
  bool is_complete() const noexcept { return expects_ == Expects::Nothing && response_.has_value(); }
  /// What has come of the body of the answer that has begun, and was not taken yet.
  std::string take_body();
  /// What belongs to no answer that has begun.
  std::string_view rest() const noexcept { return std::string_view(bytes_).substr(used_); }

 private:
  enum class Expects : std::uint8_t { Nothing, Bytes, ToTheEnd, ChunkSize, ChunkBytes, ChunkEnd, Trailers };

  bool read_head(http::Method asked);
  bool read_body(bool ended);
  bool read_bytes();
  bool read_chunk_size();
  bool read_chunk_end();
  bool read_trailer();
  std::optional<std::string_view> take_line();

  std::string bytes_;
  std::size_t used_ = 0;  ///< of bytes_
  std::vector<TestResponse> informational_;
  std::optional<TestResponse> response_;
  Expects expects_ = Expects::Nothing;
  std::size_t left_ = 0;  ///< of the body or a chunk
};

}  // namespace rondeau::testing
