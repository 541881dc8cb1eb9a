#include <rondeau/io/reader.h>

namespace rondeau::io {

bool Reader::ReadExact::attempt() noexcept {
  while (!left_.empty()) {
    auto count = source_.try_read(left_);
    if (!count) {
      if (count.error() == Errc::WouldBlock) return false;
      result_ = std::move(count).error();
      return true;
    }
    if (*count == 0) {
      result_ = Errc::UnexpectedEof;
      return true;
    }
    left_ = left_.subspan(*count);
  }
  return true;
}

}  // namespace rondeau::io
