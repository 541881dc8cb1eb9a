// Log lines: a message and typed fields, never a format string built from input.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include <rondeau/base/result.h>
#include <rondeau/task/context.h>

namespace rondeau::observe::log {

enum class Level : std::uint8_t { Trace, Debug, Info, Warn, Error, Off };

/// A named value. Text is borrowed until the call that logs it returns.
struct Field {
  template <std::integral T>
  Field(std::string_view field_name, T number) : name(field_name), value(static_cast<std::int64_t>(number)) {}
  Field(std::string_view field_name, bool truth) : name(field_name), value(truth) {}
  Field(std::string_view field_name, double number) : name(field_name), value(number) {}
  Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  Field(std::string_view field_name, const std::string& text) : name(field_name), value(std::string_view(text)) {}
  Field(std::string_view field_name, const char* text) : name(field_name), value(std::string_view(text)) {}

  std::string_view name;
  std::variant<std::int64_t, double, bool, std::string_view> value;
};
using Fields = std::initializer_list<Field>;

enum class Format : std::uint8_t { Text, Json };

/// Lines below `level` are not made, whatever their target; a disabled line costs one relaxed load. Any thread, any time.
void set_level(Level level) noexcept;
/// The same for each target by itself: "info,sql=debug,http=warn" – a level for all (info where none is said), and
/// levels of targets. Nothing is changed where it is an error: InvalidArgument with a sentence.
Result<void> set_levels(std::string_view spec);
/// Whether set_levels() takes it; the same errors.
Result<void> check_levels(std::string_view spec);
/// What is set, as set_levels() takes it.
std::string levels();
/// The least level of any target: what is below it is not made. Whether a line of one target is made: is_enabled().
Level level() noexcept;
bool is_enabled(Level level, std::string_view target) noexcept;
/// "info", "warn" …; false for another word.
bool parse_level(std::string_view word, Level& level) noexcept;
/// Text for people, one JSON object a line for machines. Before the first line.
void set_format(Format format) noexcept;

/// Writes a line to stderr, through a queue of 8,192 lines and a thread of its own: never waits for the reader of
/// stderr but for warnings and errors, which wait 10 ms for room. What finds no room is dropped and counted.
///
/// Control bytes are escaped, what is no UTF-8 is replaced. A line has 16 KiB at most: fields that do not fit are left
/// out, and it ends with cut=true. Where JOURNAL_STREAM says that stderr is systemd's journal, lines begin with their
/// priority, `<6>`. `target` says which part of the program speaks. Lines from within a trace have its
/// `trace_id` and `span_id`.
void write(Level level, std::string_view target, std::string_view message, Fields fields) noexcept;
/// Waits until all lines so far are written, at most 2 s.
void flush() noexcept;
/// Lines that found no room, or no memory, in all and of one level.
std::uint64_t dropped() noexcept;
std::uint64_t dropped(Level level) noexcept;

/// One line as it would be written, without its line end: for tests.
std::string render(Format format, Level level, std::string_view target, std::string_view message, Fields fields,
                   std::int64_t wall_nanoseconds, const task::TraceContext& trace = {});

inline void debug(std::string_view message, Fields fields = {}) noexcept {
  write(Level::Debug, "app", message, fields);
}
inline void info(std::string_view message, Fields fields = {}) noexcept {
  write(Level::Info, "app", message, fields);
}
inline void warn(std::string_view message, Fields fields = {}) noexcept {
  write(Level::Warn, "app", message, fields);
}
inline void error(std::string_view message, Fields fields = {}) noexcept {
  write(Level::Error, "app", message, fields);
}

}  // namespace rondeau::observe::log

namespace rondeau {
namespace log = observe::log;
}
