// multipart/form-data (RFC 7578) from bytes to parts, without input of its own.
//
// A body is `--boundary` CRLF, then parts: head, empty line, content, CRLF `--boundary`, and CRLF before the next part
// or `--` behind the last one. Nothing stands in front, at most one CRLF behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/http/headers.h>
#include <rondeau/http/limits.h>
#include <rondeau/http/status.h>

namespace rondeau::extract {

/// What a part's head says.
struct PartHead {
  std::string name;
  std::optional<std::string> filename;  ///< its last component only
  http::Headers headers;
};

/// The boundary a Content-Type names: 1 to 70 legal characters (RFC 2046 §5.1.1); nothing when it names none or two.
std::optional<std::string> boundary_of(std::string_view content_type);

/// The last component of a file's name, whose parts are divided by `/` or `\`; empty for "." and "..".
std::string_view last_component(std::string_view filename) noexcept;

class MultipartParser {
 public:
  enum class Event : std::uint8_t {
    NeedInput,
    PartBegins,  ///< head() is complete
    Piece,       ///< piece() is some of the content, never empty
    PartEnds,
    End,     ///< the final delimiter was there, and nothing that may not follow it
    Failed,  ///< see status() and reason(); stays so
  };

  /// Lifetime: the limits'.
  MultipartParser(std::string_view boundary, const http::Limits& limits);

  /// Adds input; invalidates piece().
  void feed(std::string_view bytes);
  /// Says that no more input will come.
  void finish() noexcept { finished_ = true; }
  /// The next thing that is complete. NeedInput is not given once finish() was called.
  Event next();

  PartHead& head() noexcept { return head_; }
  /// Lifetime: until feed().
  std::string_view piece() const noexcept { return piece_; }
  http::StatusCode status() const noexcept { return status_; }
  std::string_view reason() const noexcept { return reason_; }

 private:
  enum class State : std::uint8_t { Start, Delimiter, Head, Content, Closed, End, Failed };

  std::string_view unread() const noexcept { return std::string_view(buffer_).substr(at_); }
  Event need_input();
  Event fail(std::string_view reason, http::StatusCode status = http::StatusCode::BadRequest);
  Event read_start();
  Event read_delimiter_end();
  Event read_head();
  Event read_content();
  Event read_closed();
  /// Why the head cannot be used, or nothing.
  std::string_view parse_head(std::string_view lines);
  std::string_view parse_disposition(std::string_view value);

  const http::Limits& limits_;
  std::string delimiter_;  // CRLF "--" boundary
  std::string buffer_;
  std::size_t at_ = 0;        // what is before it was read
  std::size_t searched_ = 0;  // no end of a head begins before it, seen from at_
  std::size_t parts_ = 0;
  PartHead head_;
  std::string_view piece_;
  std::string_view reason_;
  http::StatusCode status_ = http::StatusCode::BadRequest;
  State state_ = State::Start;
  bool in_part_ = false;
  bool finished_ = false;
};

}  // namespace rondeau::extract
