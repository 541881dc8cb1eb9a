// ChildStdin, ChildStdout, ChildStderr: our ends of a program's standard streams.
#pragma once

#include <span>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/detail/registration.h>
#include <rondeau/io/reader.h>
#include <rondeau/io/writer.h>

namespace rondeau::process {

/// An end of a pipe, registered. Destroyed: deregistered, then closed.
class PipeEnd {
 public:
  PipeEnd(PipeEnd&&) noexcept = default;
  PipeEnd& operator=(PipeEnd&& other) noexcept;

  /// The descriptor, which stays ours; -1 where there is none any more.
  int fd() const noexcept { return fd_.get(); }

 protected:
  /// Makes the descriptor non-blocking. On a thread of a runtime.
  static Result<PipeEnd> make(base::UniqueFd fd);
  void close() noexcept;
  Result<base::UniqueFd> release();

  base::UniqueFd fd_;
  detail::Registration registration_;  // destroyed first

 private:
  PipeEnd(base::UniqueFd fd, detail::Registration registration) noexcept
      : fd_(std::move(fd)), registration_(std::move(registration)) {}
};

/// What the program reads: an io::Writer. Destroyed, or shut down, the program reads the end.
///
/// A program that reads no more is BrokenPipe, never SIGPIPE.
class ChildStdin final : public io::Writer, public PipeEnd {
 public:
  static Result<ChildStdin> from_fd(base::UniqueFd fd);
  ChildStdin(ChildStdin&&) noexcept = default;
  ChildStdin& operator=(ChildStdin&&) noexcept = default;

  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override;
  Result<std::size_t> try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept override;
  Result<void> try_shutdown(io::How how) noexcept override;
  bool start_wait(io::Waiter& waiter) noexcept override;
  void end_wait(io::Waiter& waiter) noexcept override;

  /// Gives the descriptor away, blocking.
  Result<base::UniqueFd> into_fd() && { return release(); }

 private:
  explicit ChildStdin(PipeEnd end) noexcept : PipeEnd(std::move(end)) {}
};

/// What the program writes: an io::Reader. The end comes when all who have the other end are gone, the program's own
/// children included.
class ChildStdout final : public io::Reader, public PipeEnd {
 public:
  static Result<ChildStdout> from_fd(base::UniqueFd fd);
  ChildStdout(ChildStdout&&) noexcept = default;
  ChildStdout& operator=(ChildStdout&&) noexcept = default;

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;
  bool start_wait(io::Waiter& waiter) noexcept override { return registration_.start_wait(waiter); }
  void end_wait(io::Waiter& waiter) noexcept override { registration_.end_wait(waiter); }

  /// Gives the descriptor away, blocking.
  Result<base::UniqueFd> into_fd() && { return release(); }

 private:
  explicit ChildStdout(PipeEnd end) noexcept : PipeEnd(std::move(end)) {}
};
using ChildStderr = ChildStdout;

}  // namespace rondeau::process
