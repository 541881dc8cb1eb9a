// Message: what two ends of a WebSocket say to each other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/bytes.h>

namespace rondeau::websocket {

/// Text, which is UTF-8, or bytes. Copies share the content.
class Message {
 public:
  enum class Kind : std::uint8_t { Text, Binary };

  Message() noexcept = default;
  Message(Kind kind, Bytes content) noexcept : content_(std::move(content)), kind_(kind) {}
  static Message text(std::string content) { return {Kind::Text, Bytes(std::move(content))}; }
  static Message binary(Bytes content) noexcept { return {Kind::Binary, std::move(content)}; }

  Kind kind() const noexcept { return kind_; }
  bool is_text() const noexcept { return kind_ == Kind::Text; }
  /// Of either kind. Lifetime: as long as a copy of the message lives.
  std::string_view view() const noexcept { return content_.view(); }
  const Bytes& bytes() const noexcept { return content_; }
  std::size_t size() const noexcept { return content_.size(); }

  bool operator==(const Message&) const = default;

 private:
  Bytes content_;
  Kind kind_ = Kind::Text;
};

}  // namespace rondeau::websocket
