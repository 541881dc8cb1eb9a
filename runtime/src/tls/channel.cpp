#include "tls/channel.h"

#include <algorithm>
#include <new>
#include <utility>

namespace rondeau::tls {
namespace {

/// What may be collected: the records of one write, or answers to key updates that a peer does not read.
constexpr std::size_t kMostOutput = 64 * 1024;
/// What a thread keeps for the next connection that has something to say.
constexpr std::size_t kKept = 64 * 1024;

thread_local std::vector<std::byte> kept_of_thread;

// Neither is called by coroutines, which could go on on another thread.
void lend(std::vector<std::byte>& to) noexcept {
  if (to.capacity() == 0) to.swap(kept_of_thread);
}
void take_back(std::vector<std::byte>& from) noexcept {
  from.clear();
  if (kept_of_thread.capacity() == 0 && from.capacity() <= kKept) {
    kept_of_thread.swap(from);
  } else {
    std::vector<std::byte>().swap(from);
  }
}

}  // namespace

/// The callbacks of the BIO.
struct ChannelBio {
  static Channel& channel(BIO* bio) noexcept { return *static_cast<Channel*>(BIO_get_data(bio)); }

  static int create(BIO* bio) noexcept {
    BIO_set_init(bio, 1);
    return 1;
  }
  static int read(BIO* bio, char* out, std::size_t size, std::size_t* count) noexcept {
    BIO_clear_retry_flags(bio);
    const int read = channel(bio).read({reinterpret_cast<std::byte*>(out), size}, *count);
    if (read == 0 && channel(bio).read_waits()) BIO_set_retry_read(bio);
    return read;
  }
  static int write(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) noexcept {
    BIO_clear_retry_flags(bio);
    const int wrote = channel(bio).write({reinterpret_cast<const std::byte*>(bytes), size});
    *count = wrote == 1 ? size : 0;
    return wrote;
  }
  static long control(BIO* bio, int command, long, void*) noexcept {
    if (command == BIO_CTRL_FLUSH) return 1;
    return command == BIO_CTRL_EOF && channel(bio).at_end() ? 1 : 0;
  }

  static BIO_METHOD* method() noexcept {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rondeau::io::Stream");
      if (method == nullptr) return method;
      BIO_meth_set_create(method, &create);
      BIO_meth_set_read_ex(method, &read);
      BIO_meth_set_write_ex(method, &write);
      BIO_meth_set_ctrl(method, &control);
      return method;
    }();
    return made;
  }
};

BIO* Channel::make_bio() {
  BIO* const bio = ChannelBio::method() != nullptr ? BIO_new(ChannelBio::method()) : nullptr;
  if (bio != nullptr) BIO_set_data(bio, this);
  return bio;
}

bool Channel::has_begun() noexcept {
  if (first_size_ > 0 || at_end_ || error_.code() != Errc::Ok) return true;
  Result<std::size_t> got = carrier_->try_read(first_);
  if (!got && got.error() == Errc::WouldBlock) return false;
  if (!got) {
    error_ = std::move(got).error();
    return true;
  }
  at_end_ = *got == 0;
  first_size_ = static_cast<std::uint8_t>(*got);
  // A record of TLS begins with a number below 32, the methods of text protocols with a letter.
  const char first = static_cast<char>(first_.front());
  is_text_ = first >= 'A' && first <= 'Z';
  return true;
}

int Channel::read(std::span<std::byte> out, std::size_t& count) noexcept {
  count = 0;
  if (is_text_ || at_end_ || error_.code() != Errc::Ok) return 0;
  if (first_read_ < first_size_) {
    count = std::min<std::size_t>(out.size(), first_size_ - first_read_);
    std::copy_n(first_.begin() + first_read_, count, out.begin());
    first_read_ = static_cast<std::uint8_t>(first_read_ + count);
    return 1;
  }
  Result<std::size_t> got = carrier_->try_read(out);
  if (!got) {
    read_waits_ = got.error() == Errc::WouldBlock;
    if (!read_waits_) error_ = std::move(got).error();
    return 0;
  }
  at_end_ = *got == 0;
  count = *got;
  return at_end_ ? 0 : 1;
}

int Channel::write(std::span<const std::byte> bytes) noexcept {
  if (error_.code() != Errc::Ok) return 0;
  if (output_error_.code() != Errc::Ok) return 1;  // nobody will get it
  if (output_.size() + bytes.size() > kMostOutput) {
    error_ = Errc::TooLarge;
    return 0;
  }
  lend(output_);
  try {
    output_.insert(output_.end(), bytes.begin(), bytes.end());
  } catch (const std::bad_alloc&) {
    error_ = Errc::OutOfMemory;
    return 0;
  }
  return 1;
}

Result<void> Channel::flush() noexcept {
  if (output_error_.code() != Errc::Ok) return output_error_;
  while (sent_ < output_.size()) {
    Result<std::size_t> count = carrier_->try_write(std::span(output_).subspan(sent_));
    if (!count && count.error() == Errc::WouldBlock) return Errc::WouldBlock;
    if (!count || *count == 0) {
      // Whole records are missing from now on. What is on its way to us can still be read.
      output_error_ = count ? Error(Errc::WriteZero) : std::move(count).error();
      break;
    }
    sent_ += *count;
  }
  if (output_.capacity() > 0) take_back(output_);
  sent_ = 0;
  return output_error_.code() == Errc::Ok ? Result<void>() : output_error_;
}

}  // namespace rondeau::tls
