#include <rondeau/observe/log.h>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <rondeau/base/wall_clock.h>
#include <rondeau/observe/trace.h>
#include <rondeau/text/utf8.h>

#include "observe/log_levels.h"

namespace rondeau::observe::log {
namespace {

constexpr std::size_t kQueue = 8192;
constexpr std::size_t kLongestLine = 16 * 1024 - 64;  // room for the end of a line that was cut

std::atomic<Format> how{Format::Text};  // set before the first line
std::array<std::atomic<std::uint64_t>, 5> lost{};  // by level; relaxed: statistics

void count_lost(Level level) noexcept {
  lost[static_cast<std::size_t>(level)].fetch_add(1, std::memory_order_relaxed);
}

/// The queue and the thread that empties it. Made at the first line, never destroyed: other threads may still log while
/// the process ends.
class Writer {
 public:
  static Writer& instance() {
    static Writer* writer = new Writer;
    return *writer;
  }

  void put(std::string line, Level level) {
    std::unique_lock lock(mutex_);
    if (lines_.size() >= kQueue && level >= Level::Warn) {
      room_.wait_for(lock, std::chrono::milliseconds(10), [this] { return lines_.size() < kQueue; });
    }
    if (lines_.size() >= kQueue) {
      count_lost(level);
      return;
    }
    lines_.push_back(std::move(line));
    if (lines_.size() == 1) work_.notify_one();
  }

  void flush() {
    std::unique_lock lock(mutex_);
    room_.wait_for(lock, std::chrono::seconds(2), [this] { return lines_.empty() && !writing_; });
  }

 private:
  Writer() {
    std::thread([this] { serve(); }).detach();
  }

  [[noreturn]] void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      work_.wait(lock, [this] { return !lines_.empty(); });
      std::deque<std::string> batch;
      batch.swap(lines_);
      writing_ = true;
      lock.unlock();
      std::string text;
      for (const std::string& line : batch) text.append(line).append(1, '\n');
      write_all(text);
      lock.lock();
      writing_ = false;
      room_.notify_all();
    }
  }
  static void write_all(std::string_view text) noexcept {
    while (!text.empty()) {
      const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
      if (written <= 0 && errno != EINTR) return;  // nobody reads any more
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  std::mutex mutex_;  // guards the three below
  std::deque<std::string> lines_;
  bool writing_ = false;
  std::condition_variable work_;
  std::condition_variable room_;
};

/// "device:inode" of what systemd has made our stderr (systemd.exec(5)). Somebody may have redirected it since.
bool is_journal(const char* stream) {
  struct stat found {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &found) != 0) return false;
  return std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino) == stream;
}

bool goes_to_journal() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment
  static const bool goes = is_journal(std::getenv("JOURNAL_STREAM"));
  return goes;
}

/// As sd-daemon(3) has it; a line of the journal then has this priority.
std::string_view priority_of(Level level) noexcept {
  switch (level) {
    case Level::Error:
      return "<3>";
    case Level::Warn:
      return "<4>";
    case Level::Info:
      return "<6>";
    default:
      return "<7>";
  }
}

void append_two(std::string& out, unsigned value) {
  out += static_cast<char>('0' + value / 10 % 10);
  out += static_cast<char>('0' + value % 10);
}

/// RFC 3339 in UTC with microseconds.
void append_time(std::string& out, std::int64_t wall_nanoseconds) {
  const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds(wall_nanoseconds / 1000)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  out += std::to_string(static_cast<int>(date.year()));
  out += '-';
  append_two(out, static_cast<unsigned>(date.month()));
  out += '-';
  append_two(out, static_cast<unsigned>(date.day()));
  out += 'T';
  append_two(out, static_cast<unsigned>(time.hours().count()));
  out += ':';
  append_two(out, static_cast<unsigned>(time.minutes().count()));
  out += ':';
  append_two(out, static_cast<unsigned>(time.seconds().count()));
  std::string fraction = std::to_string(time.subseconds().count());
  out.append(".").append(6 - fraction.size(), '0').append(fraction).append("Z");
}

void append_ascii(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (c == '\n') {
    out += "\\n";
  } else if (byte < 0x20 || byte == 0x7f) {
    out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
  } else {
    out += c;
  }
}

/// Escapes control bytes (C1 among them, which some terminals obey) and replaces what is no UTF-8. False: the line is
/// full, and the text was cut.
bool append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  while (!text.empty()) {
    if (out.size() >= kLongestLine) return false;
    std::size_t length = 1;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      append_ascii(out, text[0]);
    } else {
      for (length = 2; length < 4 && text::valid_utf8_prefix(text.substr(0, length)) == 0;) ++length;
      const std::string_view one = text.substr(0, length);
      const bool valid = text::valid_utf8_prefix(one) == one.size();
      if (!valid) length = 1;
      if (valid && one[0] == '\xc2' && static_cast<unsigned char>(one[1]) < 0xa0) {
        out += static_cast<unsigned char>(one[1]) < 0x90 ? "\\u008" : "\\u009";
        out += "0123456789abcdef"[static_cast<unsigned char>(one[1]) & 15];
      } else {
        out += valid ? one : kReplacement;
      }
    }
    text.remove_prefix(length);
  }
  return true;
}

struct AppendValue {
  std::string& out;
  bool quote;
  void operator()(std::int64_t value) const { out += std::to_string(value); }
  void operator()(double value) const {
    if (!std::isfinite(value)) {
      out += "null";  // JSON has no word for it
      return;
    }
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
    out.append(digits, end);
  }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::string_view value) const {
    const bool bare = !quote && !value.empty() && value.find_first_of(" \"\\=") == std::string_view::npos;
    if (!bare) out += '"';
    static_cast<void>(append_escaped(out, value));  // the line is then too long, which is seen there
    if (!bare) out += '"';
  }
};

}  // namespace

void set_format(Format format) noexcept {
  how.store(format, std::memory_order_relaxed);
}
std::uint64_t dropped() noexcept {
  std::uint64_t all = 0;
  for (const auto& each : lost) all += each.load(std::memory_order_relaxed);
  return all;
}
std::uint64_t dropped(Level level) noexcept {
  return level < Level::Off ? lost[static_cast<std::size_t>(level)].load(std::memory_order_relaxed) : 0;
}
void flush() noexcept {
  Writer::instance().flush();
}

std::string render(Format format, Level level, std::string_view target, std::string_view message, Fields fields,
                   std::int64_t wall_nanoseconds, const task::TraceContext& trace) {
  const bool json = format == Format::Json;
  std::string line = json ? "{\"ts\":\"" : "";
  bool cut = false;
  append_time(line, wall_nanoseconds);
  if (json) {
    line.append("\",\"level\":\"").append(name_of(level)).append("\",\"msg\":\"");
    cut = !append_escaped(line, message);
    line.append("\",\"target\":\"").append(target).append("\"");
  } else {
    line.append(" ").append(name_of(level)).append(" ").append(target).append(": ");
    cut = !append_escaped(line, message);
  }
  const auto append = [&](const Field& field) {
    const std::size_t before = line.size();
    line.append(json ? ",\"" : " ").append(field.name).append(json ? "\":" : "=");
    std::visit(AppendValue{line, json}, field.value);
    if (line.size() <= kLongestLine) return;
    line.resize(before);
    cut = true;
  };
  for (const Field& field : fields) append(field);
  if (trace) {
    append({"trace_id", trace_id_text(trace)});
    append({"span_id", span_id_text(trace)});
  }
  if (cut) line += json ? ",\"cut\":true" : " cut=true";
  if (json) line += '}';
  return line;
}

void write(Level line_level, std::string_view target, std::string_view message, Fields fields) noexcept {
  if (!is_enabled(line_level, target)) return;
  try {
    const std::int64_t now = base::wall_clock().time_since_epoch().count();
    std::string line = render(how.load(std::memory_order_relaxed), line_level, target, message, fields, now,
                              task::Context::current().trace());
    if (goes_to_journal()) line.insert(0, priority_of(line_level));
    Writer::instance().put(std::move(line), line_level);
  } catch (...) {
    count_lost(line_level);  // no memory for the line
  }
}

}  // namespace rondeau::observe::log
