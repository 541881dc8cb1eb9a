// Deflater, Inflater: messages in the form of permessage-deflate (RFC 7692 §7.2). Built with zlib, or of no use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <rondeau/websocket/terms.h>

namespace rondeau::websocket {

/// Whether this build can compress.
bool has_deflate() noexcept;

/// Compresses. Memory: none of its own where it forgets, since threads keep some; else about 256 KiB. Thread safety:
/// none.
class Deflater {
 public:
  explicit Deflater(const DeflateTerms& terms);
  Deflater(Deflater&&) noexcept;
  Deflater& operator=(Deflater&&) noexcept;
  ~Deflater();

  /// Replaces `out` by the compressed message. False: the message is better sent as it is.
  bool deflate(std::string_view message, std::string& out);

  struct State;

 private:
  DeflateTerms terms_;
  std::unique_ptr<State> state_;  // kept from message to message
};

/// The other way. Memory: as Deflater, about 44 KiB. Thread safety: none.
class Inflater {
 public:
  enum class Outcome : std::uint8_t { Done, TooLarge, Malformed };

  explicit Inflater(const DeflateTerms& terms);
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;
  ~Inflater();

  /// Replaces `out` by the message. TooLarge as soon as it would be more than `most` bytes: no more are made.
  Outcome inflate(std::string_view compressed, std::string& out, std::size_t most);

  struct State;

 private:
  DeflateTerms terms_;
  std::unique_ptr<State> state_;
};

}  // namespace rondeau::websocket
