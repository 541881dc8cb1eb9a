// The one place that knows llhttp: a strict machine that is begun anew for every message with a body.
//
// Beginning anew keeps every trace of one message (flags, an upgrade, `Connection: close`) away from the next. It is
// fed only complete, scanned sections and the bytes of bodies, and it pauses behind every chunk header and every
// message. Fields are cut elsewhere (field_line.h); the machine has to agree with them, and it alone walks through
// bodies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <llhttp.h>

namespace rondeau::http {

class Machine {
 public:
  enum class Kind : std::uint8_t { Request, Response };
  enum class Stop { Input, ChunkHeader, Complete, Error };
  struct Run {
    Stop stop;
    std::size_t consumed;
  };

  /// Begins a message and runs over its whole head. False when it is refused.
  bool head(Kind kind, std::string_view text) noexcept;
  /// Runs over bytes of a body up to the next chunk header or the end; what is content goes to take().
  Run body(std::span<char> input) noexcept;
  /// The length announced by the chunk header that stopped body(); 0 is the last one.
  std::uint64_t chunk_length() const noexcept { return parser_.content_length; }
  /// Runs over a whole trailer section, its empty line included.
  bool trailers(std::string_view text) noexcept;

  /// The content since the last call, moved together in place in the input.
  std::string_view take_content() noexcept;
  std::size_t content_size() const noexcept { return content_size_; }

 private:
  struct Callbacks;
  llhttp_errno_t execute(std::string_view text) noexcept;
  bool at_end_of(std::string_view text) noexcept;

  llhttp_t parser_;
  Stop paused_at_ = Stop::Input;
  char* content_ = nullptr;
  std::size_t content_size_ = 0;
};

}  // namespace rondeau::http
