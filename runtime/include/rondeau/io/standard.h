// stdin, stdout, stderr: the process's standard streams, on blocking threads.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include <rondeau/io/reader.h>
#include <rondeau/io/writer.h>

namespace rondeau::io {

class BlockingIo;

/// The standard input. All handles are one source: what a destroyed await had read is the next reader's.
///
/// A read that waits for input holds a thread of the pool "blocking", and a runtime that ends waits for it: a program
/// that reads a terminal may end only when its user presses return. Runtime::shutdown_background() does not wait.
/// Thread safety: one reader at a time, whatever the handle.
class Stdin final : public Reader {
 public:
  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;
  bool start_wait(Waiter& waiter) noexcept override;
  void end_wait(Waiter& waiter) noexcept override;

 private:
  friend Stdin stdin();
  explicit Stdin(std::shared_ptr<BlockingIo> io) noexcept : io_(std::move(io)) {}
  std::shared_ptr<BlockingIo> io_;
};

/// The standard output, or error.
///
/// What one call writes, up to 2 MiB, comes out whole: no other handle's bytes stand in it. Writes of one handle come
/// out in order and have reached the kernel when they return. A reader that is gone is BrokenPipe, never SIGPIPE.
/// Cancellation: a write that has begun comes out all the same. Thread safety: one writer at a time for each handle.
class StandardWriter final : public Writer {
 public:
  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override;
  Result<std::size_t> try_write_vectored(std::span<const ConstBuffer> buffers) noexcept override;
  Result<void> try_flush() noexcept override;
  void forget_write() noexcept override;
  /// The stream stays open for others: only flushes.
  Result<void> try_shutdown(How how) noexcept override;
  bool start_wait(Waiter& waiter) noexcept override;
  void end_wait(Waiter& waiter) noexcept override;

 private:
  friend StandardWriter stdout();
  friend StandardWriter stderr();
  explicit StandardWriter(std::shared_ptr<BlockingIo> io) noexcept : io_(std::move(io)) {}
  std::shared_ptr<BlockingIo> io_;
};

using Stdout = StandardWriter;
using Stderr = StandardWriter;

/// A handle; any number of them. Used in tasks.
Stdin stdin();
Stdout stdout();
Stderr stderr();

}  // namespace rondeau::io
