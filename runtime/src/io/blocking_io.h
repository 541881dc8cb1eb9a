// Bytes in and out of a descriptor that can only block: files, standard input and output.
//
// A transfer is one call on a blocking thread, into or out of a buffer of ours; one at a time. Who tries is told to
// wait, and is woken when the transfer is over:
//
//   reading   What was read lies here until somebody takes it, so a read whose await is destroyed loses nothing.
//   writing   The bytes are copied, and the outcome is what the same writer's next attempt gets. If it went away
//   meanwhile
//             (forget_write) the outcome is dropped, and the next writer's turn comes when the transfer is over.
//
// While bytes that were read and not taken lie here, the descriptor's position is ahead of what the user sees: writes
// and seeks go back first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include <rondeau/base/const_buffer.h>
#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/detail/attempts.h>
#include <rondeau/detail/waiter.h>
#include <rondeau/task/blocking_pool.h>

#include "base/disk_faults.h"

namespace rondeau::io {

/// Thread safety: any thread. Lifetime: a transfer keeps it, and so the descriptor.
class BlockingIo : public std::enable_shared_from_this<BlockingIo> {
 public:
  static constexpr std::size_t kMaxBuffer = 2 * 1024 * 1024;

  BlockingIo(base::UniqueFd descriptor, task::BuiltInPool pool) noexcept
      : descriptor_(std::move(descriptor)), pool_(pool) {}
  /// Leaves the descriptor open. `turn`: where several of them write to one place, nobody writes while another does.
  BlockingIo(int borrowed, task::BuiltInPool pool, std::mutex* turn) noexcept
      : descriptor_(borrowed), borrowed_(true), pool_(pool), turn_(turn) {}
  BlockingIo(const BlockingIo&) = delete;
  BlockingIo& operator=(const BlockingIo&) = delete;
  ~BlockingIo() {
    if (borrowed_) static_cast<void>(descriptor_.release());
  }

  /// WouldBlock: a transfer is under way.
  Result<std::size_t> read(std::span<std::byte> out) noexcept;
  Result<std::size_t> write(std::span<const base::ConstBuffer> buffers) noexcept;
  void forget_write() noexcept;
  /// No transfer is under way.
  bool idle() const noexcept;

  bool start_wait(detail::Waiter& waiter) noexcept;
  void end_wait(detail::Waiter& waiter) noexcept;

  /// Waits until no transfer is under way. Cancellation: safe.
  class [[nodiscard]] Settled final : public detail::Attempts<Settled, BlockingIo> {
   public:
    explicit Settled(BlockingIo& io) noexcept
        : Attempts(io, detail::kReadInterest | detail::kWriteInterest, Alone::No) {}
    bool attempt() const noexcept { return source_.idle(); }
    void await_resume() const noexcept {}
  };
  Settled settled() noexcept { return Settled(*this); }

  int descriptor() const noexcept { return descriptor_.get(); }
  /// Nobody else uses it, and it is idle.
  base::UniqueFd release() noexcept { return std::move(descriptor_); }
  /// How far the descriptor is ahead of what was taken; what was read ahead is dropped. While it is idle.
  std::size_t drop_read_ahead() noexcept;

  std::size_t max_buffer() const noexcept;
  void set_max_buffer(std::size_t bytes) noexcept;

 private:
  enum class Phase : std::uint8_t { Idle, Reading, Writing };
  class Transfer;

  /// Memory that grows and is not initialised; bytes [begin, end) are of use.
  struct Buffer {
    void make_room(std::size_t bytes);
    std::size_t size() const noexcept { return end - begin; }
    std::unique_ptr<std::byte[]> memory;
    std::size_t capacity = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  void launch(detail::Mandatory mandatory);
  void overloaded() noexcept;
  Result<std::size_t> run() noexcept;
  bool fails(base::DiskCall call) const noexcept;
  Result<std::size_t> run_read() noexcept;
  Result<std::size_t> run_write() noexcept;
  static void finish(std::shared_ptr<BlockingIo> io, Result<std::size_t> outcome) noexcept;
  void settle(Result<std::size_t> outcome) noexcept;
  Result<std::size_t> take_read(std::span<std::byte> out) noexcept;

  base::UniqueFd descriptor_;
  const bool borrowed_ = false;
  const task::BuiltInPool pool_;
  std::mutex* const turn_ = nullptr;

  mutable std::mutex mutex_;  // guards all below; the buffers belong to the transfer while one is under way
  Phase phase_ = Phase::Idle;
  bool forgotten_ = false;  // the write under way has no writer any more
  Buffer in_;
  Buffer out_;
  std::size_t wanted_ = 0;                      // bytes to read
  std::optional<Result<std::size_t>> read_;     // the end or an error, not told yet
  std::optional<Result<std::size_t>> written_;  // not told yet
  std::size_t max_buffer_ = kMaxBuffer;
  detail::WaiterList waiters_;
};

}  // namespace rondeau::io
