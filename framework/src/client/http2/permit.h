// Permit: the right to one request on a connection.
#pragma once

#include <memory>
#include <utility>

#include "client/http2/connection.h"

namespace rondeau::client::http2 {

/// Goes back when destroyed, unless it was used.
class [[nodiscard]] Permit {
 public:
  /// A place was reserved.
  Permit(std::shared_ptr<Connection> connection, bool reused) noexcept
      : connection_(std::move(connection)), reused_(reused) {}
  Permit(Permit&& other) noexcept = default;
  Permit& operator=(Permit&& other) noexcept {
    if (this != &other) {
      drop();
      connection_ = std::move(other.connection_);
      reused_ = other.reused_;
    }
    return *this;
  }
  ~Permit() { drop(); }

  /// Whether the connection has carried another request.
  bool is_reused() const noexcept { return reused_; }
  std::shared_ptr<Connection> use() && noexcept { return std::move(connection_); }

 private:
  void drop() noexcept {
    if (connection_ != nullptr) std::exchange(connection_, nullptr)->give_back();
  }

  std::shared_ptr<Connection> connection_;
  bool reused_;
};

}  // namespace rondeau::client::http2
