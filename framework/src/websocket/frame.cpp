#include "websocket/frame.h"

#include <cstring>

namespace rondeau::websocket {
namespace {

constexpr std::uint8_t kFin = 0x80;
constexpr std::uint8_t kRsv1 = 0x40;
constexpr std::uint8_t kOtherRsv = 0x30;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint8_t kLength16 = 126;
constexpr std::uint8_t kLength64 = 127;

HeadStep refuse(std::string_view why) noexcept {
  return {HeadStep::Status::Refused, 0, {}, why};
}

bool is_known(std::uint8_t opcode) noexcept {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

std::uint64_t read_number(std::string_view bytes) noexcept {
  std::uint64_t number = 0;
  for (char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

char* write_number(char* out, std::uint64_t number, int bytes) noexcept {
  for (int i = bytes; i-- > 0;) *out++ = static_cast<char>(number >> (8 * i));
  return out;
}

}  // namespace

HeadStep parse_head(std::string_view bytes, Role self, bool may_compress) noexcept {
  if (bytes.empty()) return {HeadStep::Status::More};
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  if ((first & kOtherRsv) != 0) return refuse("a reserved bit is set");
  if (!is_known(first & 0x0F)) return refuse("unknown opcode");
  FrameHead head{static_cast<Opcode>(first & 0x0F), (first & kFin) != 0, (first & kRsv1) != 0};
  const bool control = is_control(head.opcode);
  if (head.rsv1 && (!may_compress || control || head.opcode == Opcode::Continuation)) {
    return refuse("a reserved bit is set");
  }
  if (control && !head.fin) return refuse("a control frame in pieces");

  if (bytes.size() < 2) return {HeadStep::Status::More};
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  const bool masked = (second & kMasked) != 0;
  if (masked != (self == Role::Server)) return refuse(masked ? "a masked frame" : "a frame without a mask");
  head.length = second & 0x7F;
  if (control && head.length > kMaxControl) return refuse("a control frame above 125 bytes");

  std::size_t size = 2;
  if (head.length >= kLength16) {
    const bool wide = head.length == kLength64;
    const std::size_t width = wide ? 8 : 2;
    // A length above 2^63 shows in its first byte.
    if (wide && bytes.size() > 2 && (bytes[2] & 0x80) != 0) return refuse("a length above 2^63");
    if (bytes.size() < 2 + width) return {HeadStep::Status::More};
    head.length = read_number(bytes.substr(2, width));
    if (head.length <= (wide ? 0xFFFF : kMaxControl)) return refuse("a length not in its shortest form");
    size += width;
  }
  if (masked) {
    if (bytes.size() < size + sizeof(Mask)) return {HeadStep::Status::More};
    std::memcpy(head.mask.emplace().data(), bytes.data() + size, sizeof(Mask));
    size += sizeof(Mask);
  }
  return {HeadStep::Status::Complete, size, head};
}

std::size_t write_head(char* out, const FrameHead& head) noexcept {
  char* at = out;
  *at++ = static_cast<char>(static_cast<std::uint8_t>(head.opcode) | (head.fin ? kFin : 0) | (head.rsv1 ? kRsv1 : 0));
  const std::uint8_t masked = head.mask ? kMasked : 0;
  if (head.length <= kMaxControl) {
    *at++ = static_cast<char>(masked | head.length);
  } else if (head.length <= 0xFFFF) {
    *at++ = static_cast<char>(masked | kLength16);
    at = write_number(at, head.length, 2);
  } else {
    *at++ = static_cast<char>(masked | kLength64);
    at = write_number(at, head.length, 8);
  }
  if (head.mask) {
    std::memcpy(at, head.mask->data(), sizeof(Mask));
    at += sizeof(Mask);
  }
  return static_cast<std::size_t>(at - out);
}

void apply_mask(std::span<char> bytes, const Mask& mask, std::uint64_t offset) noexcept {
  std::array<char, sizeof(std::uint64_t)> turned;
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = mask[(offset + i) % sizeof(Mask)];
  std::uint64_t pattern;
  std::memcpy(&pattern, turned.data(), sizeof(pattern));
  std::size_t at = 0;
  for (; bytes.size() - at >= sizeof(pattern); at += sizeof(pattern)) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    word ^= pattern;
    std::memcpy(bytes.data() + at, &word, sizeof(word));
  }
  for (std::size_t i = 0; at < bytes.size(); ++at, ++i) bytes[at] = static_cast<char>(bytes[at] ^ turned[i]);
}

}  // namespace rondeau::websocket
