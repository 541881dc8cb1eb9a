#include <rondeau/io/standard.h>

#include <unistd.h>

#include <mutex>

#include "io/blocking_io.h"

namespace rondeau::io {
namespace {

constinit std::mutex output_turn;
constinit std::mutex error_turn;

}  // namespace

Stdin stdin() {
  // Never destroyed: a read may be under way when the process ends.
  static auto& input = *new std::shared_ptr<BlockingIo>(
      std::make_shared<BlockingIo>(STDIN_FILENO, task::BuiltInPool::Blocking, nullptr));
  return Stdin(input);
}

Stdout stdout() {
  return Stdout(std::make_shared<BlockingIo>(STDOUT_FILENO, task::BuiltInPool::Blocking, &output_turn));
}

Stderr stderr() {
  return Stderr(std::make_shared<BlockingIo>(STDERR_FILENO, task::BuiltInPool::Blocking, &error_turn));
}

Result<std::size_t> Stdin::try_read(std::span<std::byte> out) noexcept {
  return io_->read(out);
}
bool Stdin::start_wait(Waiter& waiter) noexcept {
  return io_->start_wait(waiter);
}
void Stdin::end_wait(Waiter& waiter) noexcept {
  io_->end_wait(waiter);
}

Result<std::size_t> StandardWriter::try_write(std::span<const std::byte> bytes) noexcept {
  const ConstBuffer buffer(bytes);
  return io_->write({&buffer, 1});
}
Result<std::size_t> StandardWriter::try_write_vectored(std::span<const ConstBuffer> buffers) noexcept {
  return io_->write(buffers);
}
Result<void> StandardWriter::try_flush() noexcept {
  if (!io_->idle()) return Errc::WouldBlock;
  return {};
}
void StandardWriter::forget_write() noexcept {
  io_->forget_write();
}
Result<void> StandardWriter::try_shutdown(How) noexcept {
  return {};
}
bool StandardWriter::start_wait(Waiter& waiter) noexcept {
  return io_->start_wait(waiter);
}
void StandardWriter::end_wait(Waiter& waiter) noexcept {
  io_->end_wait(waiter);
}

}  // namespace rondeau::io
