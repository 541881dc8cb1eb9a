#include <rondeau/time/mock.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <vector>

#include <rondeau/base/driver.h>
#include <rondeau/detail/waiter.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>

namespace rondeau::time {
namespace {

using base::PollEvent;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// As in source, at most forty bytes of it.
std::string quoted(std::string_view bytes) {
  constexpr std::size_t kMost = 40;
  std::string text = "\"";
  for (const char byte : bytes.substr(0, kMost)) {
    const auto code = static_cast<unsigned char>(byte);
    char escaped[5];
    switch (byte) {
      case '\r':
        text += "\\r";
        break;
      case '\n':
        text += "\\n";
        break;
      case '\t':
        text += "\\t";
        break;
      case '"':
        text += "\\\"";
        break;
      case '\\':
        text += "\\\\";
        break;
      default:
        if (code >= 0x20 && code < 0x7f) {
          text += byte;
        } else {
          std::snprintf(escaped, sizeof(escaped), "\\x%02x", code);
          text += escaped;
        }
    }
  }
  return text + (bytes.size() > kMost ? "\"…" : "\"");
}

}  // namespace

/// What a Mock plays; outlives it in the task that waits for a pause.
class MockScript : public std::enable_shared_from_this<MockScript> {
 public:
  enum class Kind : std::uint8_t { Read, ReadError, Write, WriteError, Wait };
  struct Step {
    Kind kind;
    std::string bytes;
    base::Error error;
    base::Duration span{};
  };

  MockScript(std::string name, std::source_location where) : name_(std::move(name)), where_(where) {}

  void add(Step step) {
    if (step.bytes.empty() && (step.kind == Kind::Read || step.kind == Kind::Write)) {
      base::fail("a step of a Mock without bytes is no step; leave it out, the end comes after the last one", where_);
    }
    const std::lock_guard lock(lock_);
    steps_.push_back(std::move(step));
  }
  std::size_t left() const noexcept {
    const std::lock_guard lock(lock_);
    return steps_.size() - next_;
  }

  Result<std::size_t> read(std::span<std::byte> out) {
    if (out.empty()) return std::size_t{0};
    std::unique_lock lock(lock_);
    if (next_ == steps_.size() || failed_) return std::size_t{0};
    Step& step = steps_[next_];
    switch (step.kind) {
      case Kind::Read: {
        const std::size_t count = std::min(out.size(), step.bytes.size() - done_);
        std::memcpy(out.data(), step.bytes.data() + done_, count);
        done_ += count;
        if (done_ == step.bytes.size()) finish_step(lock);
        return count;
      }
      case Kind::ReadError: {
        base::Error error = step.error;
        finish_step(lock);
        return error;
      }
      case Kind::Wait:
        begin_pause(step);
        break;
      default:
        break;
    }
    return Errc::WouldBlock;
  }

  Result<std::size_t> write(std::string_view bytes) {
    if (bytes.empty()) return std::size_t{0};
    std::unique_lock lock(lock_);
    if (failed_) return Errc::Other;
    if (next_ == steps_.size()) return fail(lock, "nothing more was expected, and " + quoted(bytes) + " was written");
    Step& step = steps_[next_];
    switch (step.kind) {
      case Kind::Write: {
        const std::string_view expected = std::string_view(step.bytes).substr(done_);
        const std::size_t count = std::min(bytes.size(), expected.size());
        const auto differs = std::ranges::mismatch(bytes.substr(0, count), expected.substr(0, count)).in1;
        const auto same = static_cast<std::size_t>(differs - bytes.begin());
        if (same != count) {
          return fail(lock, describe() + ": at byte " + std::to_string(done_ + same) + " " +
                                quoted(expected.substr(same)) + " was expected, and " + quoted(bytes.substr(same)) +
                                " was written");
        }
        done_ += count;
        if (done_ == step.bytes.size()) finish_step(lock);
        return count;
      }
      case Kind::WriteError: {
        base::Error error = step.error;
        finish_step(lock);
        return error;
      }
      case Kind::Wait:
        begin_pause(step);
        return Errc::WouldBlock;
      default:
        return fail(lock, describe() + " was expected, and " + quoted(bytes) + " was written");
    }
  }

  bool start_wait(io::Waiter& waiter) noexcept {
    const std::lock_guard lock(lock_);
    if ((ready() & waiter.interest) != 0) return false;
    waiters_.link(waiter);
    return true;
  }
  void end_wait(io::Waiter& waiter) noexcept {
    const std::lock_guard lock(lock_);
    if (waiter.linked()) waiters_.unlink(waiter);
  }

  /// The mock is gone.
  void end() {
    std::unique_lock lock(lock_);
    if (next_ < steps_.size() && !failed_ && std::uncaught_exceptions() == 0) {
      static_cast<void>(fail(lock, describe() + " was expected when it was destroyed"));
      lock.lock();
    }
    const std::optional<task::AbortHandle> pause = std::move(pause_);
    lock.unlock();
    if (pause) pause->abort();
  }

 private:
  using Lock = std::unique_lock<std::mutex>;

  std::uint32_t ready() const noexcept {
    if (failed_ || next_ == steps_.size()) return PollEvent::Readable | PollEvent::Writable | PollEvent::ReadClosed;
    switch (steps_[next_].kind) {
      case Kind::Read:
      case Kind::ReadError:
        return PollEvent::Readable | PollEvent::Writable;  // a write is told at once
      case Kind::Write:
      case Kind::WriteError:
        return PollEvent::Writable;
      case Kind::Wait:
        break;
    }
    return 0;
  }

  /// "step 2 of 5, write("PONG")"
  std::string describe() const {
    const Step& step = steps_[next_];
    std::string text = "step " + std::to_string(next_ + 1) + " of " + std::to_string(steps_.size()) + ", ";
    switch (step.kind) {
      case Kind::Read:
        return text + "read(" + quoted(std::string_view(step.bytes).substr(done_)) + ")";
      case Kind::Write:
        return text + "write(" + quoted(std::string_view(step.bytes).substr(done_)) + ")";
      case Kind::ReadError:
        return text + "read_error(" + step.error.message() + ")";
      case Kind::WriteError:
        return text + "write_error(" + step.error.message() + ")";
      case Kind::Wait:
        break;
    }
    return text + "wait(" + std::to_string(step.span.count() / 1'000'000) + " ms)";
  }

  Error fail(Lock& lock, std::string what) {
    failed_ = true;
    lock.unlock();
    wake_all();
    base::report_test_failure(name_ + ": " + std::move(what), where_);
    return Errc::Other;
  }

  void finish_step(Lock& lock) {
    ++next_;
    done_ = 0;
    lock.unlock();
    wake_all();
  }

  /// A task of its own waits: whoever is here now may give up, and others may come.
  void begin_pause(const Step& step) {
    if (pause_) return;
    pause_ = task::spawn([script = shared_from_this(), span = step.span]() -> Task<void> {
               co_await sleep_for(span);
               script->end_pause();
             }).abort_handle();
  }
  void end_pause() {
    Lock lock(lock_);
    pause_.reset();
    finish_step(lock);
  }

  void wake_all() noexcept {
    for (bool more = true; more;) {
      detail::WakeBatch batch;
      {
        const std::lock_guard lock(lock_);
        more = waiters_.take(ready(), batch);
      }
      batch.wake_all();
    }
  }

  const std::string name_;
  const std::source_location where_;
  mutable std::mutex lock_;  // guards the rest
  std::vector<Step> steps_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;  // bytes of the next step
  bool failed_ = false;
  std::optional<task::AbortHandle> pause_;
  detail::WaiterList waiters_;
};

Mock::Mock(std::string name, std::source_location where)
    : script_(std::make_shared<MockScript>(std::move(name), where)) {}

Mock::~Mock() {
  if (script_ != nullptr) script_->end();
}

Mock& Mock::read(std::string_view bytes) & {
  script_->add({.kind = MockScript::Kind::Read, .bytes = std::string(bytes), .error = {}});
  return *this;
}
Mock& Mock::read(std::span<const std::byte> bytes) & {
  return read(text_of(bytes));
}
Mock& Mock::read_error(base::Error error) & {
  script_->add({.kind = MockScript::Kind::ReadError, .bytes = {}, .error = std::move(error)});
  return *this;
}
Mock& Mock::write(std::string_view bytes) & {
  script_->add({.kind = MockScript::Kind::Write, .bytes = std::string(bytes), .error = {}});
  return *this;
}
Mock& Mock::write(std::span<const std::byte> bytes) & {
  return write(text_of(bytes));
}
Mock& Mock::write_error(base::Error error) & {
  script_->add({.kind = MockScript::Kind::WriteError, .bytes = {}, .error = std::move(error)});
  return *this;
}
Mock& Mock::wait(base::Duration span) & {
  script_->add({.kind = MockScript::Kind::Wait, .bytes = {}, .error = {}, .span = span});
  return *this;
}

std::size_t Mock::steps_left() const noexcept {
  return script_->left();
}

Result<std::size_t> Mock::try_read(std::span<std::byte> out) noexcept {
  return script_->read(out);
}
Result<std::size_t> Mock::try_write(std::span<const std::byte> bytes) noexcept {
  return script_->write(text_of(bytes));
}
Result<std::size_t> Mock::try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept {
  for (const io::ConstBuffer& buffer : buffers) {
    if (!buffer.empty()) return script_->write(text_of(buffer.span()));
  }
  return std::size_t{0};
}
Result<void> Mock::try_shutdown(io::How) noexcept {
  return {};
}
bool Mock::start_wait(io::Waiter& waiter) noexcept {
  return script_->start_wait(waiter);
}
void Mock::end_wait(io::Waiter& waiter) noexcept {
  script_->end_wait(waiter);
}

}  // namespace rondeau::time
