// The one place that knows llhttp: a strict machine that is begun anew for every message.
//
// Beginning anew keeps every trace of one message (flags, an upgrade, `Connection: close`) away from the next. It is
// fed only complete, scanned sections and the bytes of bodies, and it pauses behind every chunk header and every
// message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <llhttp.h>

#include <rondeau/http/request_head.h>

namespace rondeau::http {

class Machine {
 public:
  enum class Stop { Input, ChunkHeader, Complete, Error };
  struct Run {
    Stop stop;
    std::size_t consumed;
  };

  void begin() noexcept;
  /// Runs over a whole head and collects its fields, positions counted from `base`. False when it is refused.
  bool head(std::string_view text, const char* base, std::vector<HeadField>& fields) noexcept;
  /// Runs over bytes of a body up to the next chunk header or the end; what is content goes to take().
  Run body(std::span<char> input) noexcept;
  /// The length announced by the chunk header that stopped body(); 0 is the last one.
  std::uint64_t chunk_length() const noexcept { return parser_.content_length; }
  /// Runs over a whole trailer section, its empty line included.
  bool trailers(std::string_view text, const char* base, std::vector<HeadField>& fields) noexcept;

  /// The content since the last call, moved together in place in the input.
  std::string_view take_content() noexcept;
  std::size_t content_size() const noexcept { return content_size_; }

 private:
  struct Callbacks;
  bool section(std::string_view text, const char* base, std::vector<HeadField>& fields, bool expect_end) noexcept;

  llhttp_t parser_;
  Stop paused_at_ = Stop::Input;
  const char* base_ = nullptr;
  std::vector<HeadField>* fields_ = nullptr;
  char* content_ = nullptr;
  std::size_t content_size_ = 0;
};

}  // namespace rondeau::http
