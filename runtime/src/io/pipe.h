// Pipe: one direction of an in-memory stream, a ring of bytes under a lock.
#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

#include <rondeau/io/duplex.h>

namespace rondeau::io {

class Pipe {
 public:
  explicit Pipe(const DuplexOptions& options);

  Result<std::size_t> read(std::span<std::byte> out) noexcept;
  Result<std::size_t> write(std::span<const ConstBuffer> buffers) noexcept;
  /// No more bytes will come.
  void close_writing() noexcept;
  /// What comes from now on is refused; what is there is dropped.
  void close_reading() noexcept;

  bool start_wait(Waiter& waiter) noexcept;
  void end_wait(Waiter& waiter) noexcept;

 private:
  std::uint32_t ready() const noexcept;
  void put(std::span<const std::byte> bytes) noexcept;
  void wake(std::uint32_t what) noexcept;

  std::mutex lock_;  ///< guards all below
  std::vector<std::byte> ring_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  const std::size_t read_limit_;
  const std::size_t write_limit_;
  bool writing_closed_ = false;
  bool reading_closed_ = false;
  detail::WaiterList waiters_;
};

}  // namespace rondeau::io
