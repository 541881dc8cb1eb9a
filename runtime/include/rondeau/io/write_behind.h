// WriteBehind: the bytes that a buffered writer has taken and not yet handed on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <rondeau/base/result.h>
#include <rondeau/io/writer.h>

namespace rondeau::io {

/// What BufWriter and BufStream are made of; it does not know where its bytes go.
class WriteBehind {
 public:
  /// `capacity` is not 0.
  explicit WriteBehind(std::size_t capacity);
  WriteBehind(WriteBehind&& other) noexcept;
  WriteBehind& operator=(WriteBehind&& other) noexcept;
  /// Debug builds say on standard error that bytes are lost, unless the sink has failed before.
  ~WriteBehind();

  std::size_t capacity() const noexcept { return capacity_; }
  std::span<const std::byte> bytes() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }
  std::size_t room() const noexcept { return capacity_ - (end_ - begin_); }
  /// What is there, and what the sink does with it, is nobody's business any more.
  void forget() noexcept {
    begin_ = end_ = 0;
    under_way_ = UnderWay::Nothing;
  }

  /// Takes what there is room for; says how much.
  std::size_t put(std::span<const std::byte> bytes) noexcept;
  std::size_t put(std::span<const ConstBuffer> buffers) noexcept;
  /// The sink took so many bytes from the front, or failed. Gives the error, WriteZero for 0.
  Result<void> handed_on(Result<std::size_t> count) noexcept;

  /// Hands everything on. Errors: WouldBlock where the sink takes no more for now.
  Result<void> try_push(Writer& sink) noexcept;
  Result<std::size_t> try_write(Writer& sink, std::span<const std::byte> bytes) noexcept;
  Result<std::size_t> try_write_vectored(Writer& sink, std::span<const ConstBuffer> buffers) noexcept;
  Result<void> try_flush(Writer& sink) noexcept;
  Result<void> try_shutdown(Writer& sink, How how) noexcept;

  // See Writer::forget_write(): a sink may work on a write that it has not told the outcome of.
  /// Who writes goes away. What was buffered stays ours, and so does the outcome of handing it on.
  void forget_write(Writer& sink) noexcept;
  bool is_under_way() const noexcept { return under_way_ != UnderWay::Nothing; }
  /// The buffer goes away.
  void let_go(Writer& sink) noexcept;

 private:
  enum class UnderWay : std::uint8_t { Nothing, Ours, Callers };

  Result<std::size_t> noting(UnderWay whose, Result<std::size_t> count) noexcept;
  void report_loss() const noexcept;

  std::unique_ptr<std::byte[]> memory_;
  std::size_t capacity_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  UnderWay under_way_ = UnderWay::Nothing;  // whose bytes the sink may be working on
  bool failed_ = false;
};

}  // namespace rondeau::io
