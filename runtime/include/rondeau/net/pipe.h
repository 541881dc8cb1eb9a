// Pipes and FIFOs: bytes one way, between the tasks and programs of one machine.
#pragma once

#include <filesystem>
#include <span>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/detail/socket.h>
#include <rondeau/io/reader.h>
#include <rondeau/io/writer.h>

namespace rondeau::net::pipe {

/// The writing end: an io::Writer. Destroyed or shut down: closed, and the reader finds the end with the last of them.
///
/// A pipe that nobody reads is BrokenPipe, never SIGPIPE. After the runtime has ended operations fail with
/// ShuttingDown. Thread safety: as any Writer.
class Sender final : public io::Writer {
 public:
  /// Takes over the writing end of a pipe; makes it non-blocking. On a thread of a runtime.
  ///
  /// Errors: InvalidArgument for what is no pipe or cannot be written.
  static Result<Sender> from_fd(base::UniqueFd fd);
  /// The same, without looking at what it is.
  static Result<Sender> from_fd_unchecked(base::UniqueFd fd);
  /// For those who made a pipe by other means; it is registered already.
  explicit Sender(detail::Socket end) noexcept : end_(std::move(end)) {}

  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override;
  Result<std::size_t> try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept override;
  Result<void> try_shutdown(io::How how) noexcept override;
  bool start_wait(io::Waiter& waiter) noexcept override;
  void end_wait(io::Waiter& waiter) noexcept override;

  /// The descriptor, which stays ours; -1 once it was shut down.
  int fd() const noexcept { return end_.descriptor(); }
  /// Deregisters and gives the descriptor away, still non-blocking.
  base::UniqueFd into_fd() && noexcept { return end_.release(); }

 private:
  detail::Socket end_;
};

/// The reading end: an io::Reader. The end comes when all who had the other end are gone; where the pipe is a FIFO that
/// somebody opens again, reading goes on after it.
///
/// A FIFO that nobody has opened for writing yet is waited for. Thread safety: as any Reader.
class Receiver final : public io::Reader {
 public:
  /// As in Sender.
  static Result<Receiver> from_fd(base::UniqueFd fd);
  static Result<Receiver> from_fd_unchecked(base::UniqueFd fd);
  explicit Receiver(detail::Socket end) noexcept : end_(std::move(end)) {}

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;
  Result<std::size_t> try_read_vectored(std::span<const base::MutableBuffer> buffers) noexcept;
  bool start_wait(io::Waiter& waiter) noexcept override { return end_.registration().start_wait(waiter); }
  void end_wait(io::Waiter& waiter) noexcept override { end_.registration().end_wait(waiter); }

  /// The descriptor, which stays ours.
  int fd() const noexcept { return end_.descriptor(); }
  /// Deregisters and gives the descriptor away, still non-blocking.
  base::UniqueFd into_fd() && noexcept { return end_.release(); }

 private:
  detail::Socket end_;
};

/// Both ends of a new pipe, close-on-exec. On a thread of a runtime. Errors: TooManyOpenFiles …
Result<std::pair<Sender, Receiver>> pair();

/// How to open a FIFO: `pipe::OpenOptions{.read_write = true}.open_receiver(path)`. Never waits for the other side.
struct OpenOptions {
  /// Opens the other direction as well, so that there always is another side: a receiver meets no end when the last
  /// sender closes, a sender can be opened before any receiver.
  bool read_write = false;
  /// Does not look whether the file is a FIFO.
  bool unchecked = false;

  /// Errors: NotFound, PermissionDenied, InvalidArgument for what is no FIFO …, with the path.
  Result<Receiver> open_receiver(const std::filesystem::path& path) const;
  /// Errors: as open_receiver, and ENXIO (see Error::os_error) where nobody has it open for reading.
  Result<Sender> open_sender(const std::filesystem::path& path) const;
};

}  // namespace rondeau::net::pipe
