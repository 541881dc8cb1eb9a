#include <rondeau/observe/trace.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include <rondeau/base/current_driver.h>
#include <rondeau/text/ascii.h>

namespace rondeau::observe {
namespace {

constexpr std::uint8_t kSampled = 0x01;
constexpr std::uint8_t kRandom = 0x02;  // the lower 7 bytes of the trace's id are random
constexpr std::size_t kLength = 55;     // of version 00
constexpr std::size_t kMaxMembers = 32;
constexpr std::size_t kMaxText = 256;  // of a key, and of a value

/// Of lower case only; -1 for the rest.
int hex_of(char c) noexcept {
  return c >= 'A' && c <= 'F' ? -1 : text::hex_value(c);
}

bool read_hex(std::string_view text, std::span<std::byte> out) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_of(text[2 * i]);
    const int low = hex_of(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::byte>(high * 16 + low);
  }
  return true;
}

void append_hex(std::string& out, std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::byte byte : bytes) {
    out += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    out += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
}

bool is_zero(std::span<const std::byte> bytes) noexcept {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

void fill(std::span<std::byte> bytes) {
  do {
    base::current_driver().random(bytes);
  } while (is_zero(bytes));
}

/// §3.3.2.2: an identifier, or two with an @ between them.
bool is_state_key(std::string_view key) noexcept {
  if (key.empty() || key.size() > kMaxText || key[0] == '@' || key.back() == '@') return false;
  const bool begins_well = (key[0] >= 'a' && key[0] <= 'z') || text::is_digit(key[0]);
  return begins_well && std::ranges::count(key, '@') <= 1 && std::ranges::all_of(key, [](char c) {
           return (c >= 'a' && c <= 'z') || text::is_digit(c) || std::string_view("_-*/@").find(c) != std::string_view::npos;
         });
}

bool is_state_value(std::string_view value) noexcept {
  return !value.empty() && value.size() <= kMaxText && value.back() != ' ' &&
         std::ranges::all_of(value, [](char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; });
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view text) noexcept {
  std::array<std::byte, 1> version;
  std::array<std::byte, 1> flags;
  TraceContext trace;
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  if (!read_hex(text.substr(0, 2), version) || !read_hex(text.substr(3, 32), trace.trace_id) ||
      !read_hex(text.substr(36, 16), trace.span_id) || !read_hex(text.substr(53, 2), flags)) {
    return std::nullopt;
  }
  if (is_zero(trace.trace_id) || is_zero(trace.span_id) || version[0] == std::byte{0xff}) return std::nullopt;
  const bool longer = text.size() > kLength;
  if (longer && (version[0] == std::byte{0} || text[kLength] != '-')) return std::nullopt;
  trace.flags = std::to_integer<std::uint8_t>(flags[0]) & (kSampled | kRandom);
  return trace;
}

std::string format_traceparent(const TraceContext& trace) {
  std::string text = "00-";
  append_hex(text, trace.trace_id);
  text += '-';
  append_hex(text, trace.span_id);
  text += '-';
  append_hex(text, std::array{static_cast<std::byte>(trace.flags)});
  return text;
}

bool is_valid_tracestate(std::string_view text) noexcept {
  if (text.size() > kMaxTracestate) return false;
  std::array<std::string_view, kMaxMembers> keys;
  std::size_t members = 0;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view member = text::trim(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (member.empty()) continue;
    const std::size_t equals = member.find('=');
    if (equals == std::string_view::npos || members == kMaxMembers) return false;
    const std::string_view key = member.substr(0, equals);
    if (!is_state_key(key) || !is_state_value(member.substr(equals + 1))) return false;
    if (std::find(keys.begin(), keys.begin() + members, key) != keys.begin() + members) return false;
    keys[members++] = key;
  }
  return members > 0;
}

TraceContext begin_trace(bool sampled) {
  TraceContext trace;
  fill(trace.trace_id);
  fill(trace.span_id);
  trace.flags = kRandom | (sampled ? kSampled : 0);
  return trace;
}

TraceContext begin_span(const TraceContext& parent) {
  TraceContext trace = parent;
  fill(trace.span_id);
  return trace;
}

std::string trace_id_text(const TraceContext& trace) {
  std::string text;
  append_hex(text, trace.trace_id);
  return text;
}

std::string span_id_text(const TraceContext& trace) {
  std::string text;
  append_hex(text, trace.span_id);
  return text;
}

}  // namespace rondeau::observe
