#include <rondeau/io/writer.h>

namespace rondeau::io {
namespace {

/// Writes until nothing is left (true), the sink would wait (false), or it fails (true, with the error in `result`).
template <class Left, class Write, class Advance>
bool write_until_done(Left& left, Result<void>& result, Write write, Advance advance) noexcept {
  while (!left.empty()) {
    auto count = write(left);
    if (!count) {
      if (count.error() == Errc::WouldBlock) return false;
      result = std::move(count).error();
      return true;
    }
    if (*count == 0) {
      result = Errc::WriteZero;
      return true;
    }
    left = advance(left, *count);
  }
  return true;
}

}  // namespace

bool write_what_is_left(Writer& writer, std::span<const std::byte>& left, Result<void>& result) noexcept {
  return write_until_done(
      left, result, [&](std::span<const std::byte> bytes) { return writer.try_write(bytes); },
      [](std::span<const std::byte> bytes, std::size_t count) { return bytes.subspan(count); });
}

bool Writer::WriteAllVectored::write() noexcept {
  left_ = base::advance(left_, 0);  // empty buffers at the front would look like a sink that takes nothing
  return write_until_done(
      left_, result_, [&](std::span<ConstBuffer> buffers) { return source_.try_write_vectored(buffers); },
      [](std::span<ConstBuffer> buffers, std::size_t count) { return base::advance(buffers, count); });
}

}  // namespace rondeau::io
