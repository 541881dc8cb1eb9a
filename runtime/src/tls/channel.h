// Channel: what OpenSSL reads from and writes to – a BIO over an io::Stream.
//
// Reading asks the stream. Writing never waits: what OpenSSL has to say is collected here and flushed afterwards, so
// that no read of TLS ever has to wait until it may write, and no write is half a record.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/io/any_stream.h>

#include "tls/handles.h"

namespace rondeau::tls {

/// Not movable: the BIO points to it.
class Channel {
 public:
  explicit Channel(io::AnyStream carrier) noexcept : carrier_(std::move(carrier)) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Null: out of memory. Lifetime: the channel outlives it.
  BIO* make_bio();

  io::AnyStream& carrier() noexcept { return carrier_; }
  const io::AnyStream& carrier() const noexcept { return carrier_; }

  /// Hands the stream what was collected. Errors: WouldBlock where something is left; the stream's, from then on always.
  Result<void> flush() noexcept;
  bool has_output() const noexcept { return !output_.empty(); }

  /// OpenSSL asked for more than has come.
  bool read_waits() const noexcept { return read_waits_; }
  void begin_read() noexcept { read_waits_ = false; }
  bool at_end() const noexcept { return at_end_; }
  /// What the stream reported; Ok where nothing.
  const Error& error() const noexcept { return error_; }

  /// Before a handshake: whether the peer has said something, or ended. What it said, OpenSSL reads later, unless that
  /// is text.
  bool has_begun() noexcept;
  bool is_text() const noexcept { return is_text_; }
  std::string_view first_bytes() const noexcept { return {reinterpret_cast<const char*>(first_.data()), first_size_}; }

 private:
  friend struct ChannelBio;
  int read(std::span<std::byte> out, std::size_t& count) noexcept;
  int write(std::span<const std::byte> bytes) noexcept;

  io::AnyStream carrier_;
  std::vector<std::byte> output_;  // has no memory while it is empty
  std::size_t sent_ = 0;           // of it
  Error error_;
  Error output_error_;
  std::array<std::byte, 8> first_{};
  std::uint8_t first_size_ = 0;
  std::uint8_t first_read_ = 0;  // by OpenSSL
  bool is_text_ = false;
  bool read_waits_ = false;
  bool at_end_ = false;
};

}  // namespace rondeau::tls
