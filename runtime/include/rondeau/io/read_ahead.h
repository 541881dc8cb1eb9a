// ReadAhead: the bytes that a buffered reader has read and not yet given out.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include <rondeau/base/result.h>
#include <rondeau/detail/attempts.h>
#include <rondeau/io/reader.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::io {

inline constexpr std::size_t kBufferSize = 8 * 1024;

/// What BufReader and BufStream are made of; it does not know where its bytes come from.
class ReadAhead {
 public:
  class Fill;
  class Exact;

  /// `capacity` is not 0.
  explicit ReadAhead(std::size_t capacity);

  std::size_t capacity() const noexcept { return usual_.capacity; }
  std::span<const std::byte> bytes() const noexcept { return current().bytes(); }
  bool empty() const noexcept { return bytes().empty(); }
  /// Drops bytes from the front; at most bytes().size().
  void consume(std::size_t count) noexcept;
  void clear() noexcept { consume(bytes().size()); }
  /// Moves bytes to the front of `out`; says how many.
  std::size_t take(std::span<std::byte> out) noexcept;

  /// Where a read may put more behind what is there. Not empty while fewer bytes are there than there is memory for.
  std::span<std::byte> space() noexcept;
  void commit(std::size_t count) noexcept;
  /// From now on there is memory for so many bytes at once, until they have been consumed.
  void reserve(std::size_t count);
  /// A read of so many bytes gains nothing from going through here.
  bool is_bypassed_by(std::size_t count) const noexcept { return count >= capacity() && empty(); }

  Result<std::span<const std::byte>> try_fill(Reader& source) noexcept;
  Result<std::size_t> try_read(Reader& source, std::span<std::byte> out) noexcept;

 private:
  struct Piece {
    std::unique_ptr<std::byte[]> memory;
    std::size_t capacity = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::span<const std::byte> bytes() const noexcept { return {memory.get() + begin, end - begin}; }
  };
  Piece& current() noexcept { return large_.memory != nullptr ? large_ : usual_; }
  const Piece& current() const noexcept { return large_.memory != nullptr ? large_ : usual_; }

  Piece usual_;
  Piece large_;  // for one read_exact of more than the usual capacity, until what it gathered is consumed
};

/// Gives what is there; where that is nothing, reads. Empty is the end.
class [[nodiscard]] ReadAhead::Fill final : public detail::Attempts<Fill, Reader> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  Fill(ReadAhead& ahead, Reader& source) noexcept
      : Attempts(source, detail::kReadInterest, Alone::Yes), ahead_(ahead) {}

  bool attempt() noexcept {
    result_ = ahead_.try_fill(source_);
    return result_ || result_.error() != Errc::WouldBlock;
  }
  Result<std::span<const std::byte>> await_resume() noexcept { return std::move(result_); }

 private:
  ReadAhead& ahead_;
  Result<std::span<const std::byte>> result_;
};

/// Gathers all of it here before it gives out any of it.
class [[nodiscard]] ReadAhead::Exact final : public detail::Attempts<Exact, Reader> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  Exact(ReadAhead& ahead, Reader& source, std::span<std::byte> out)
      : Attempts(source, detail::kReadInterest, Alone::Yes), ahead_(ahead), out_(out) {
    ahead_.reserve(out.size());
  }

  bool attempt() noexcept;
  Result<void> await_resume() noexcept { return std::move(result_); }

 private:
  ReadAhead& ahead_;
  std::span<std::byte> out_;
  Result<void> result_;
};

}  // namespace rondeau::io
