// Socket: a registered descriptor that is closed with its owner.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include <rondeau/base/driver.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/detail/registration.h>

namespace rondeau::detail {

/// A driver's descriptor that is not registered; closed with its owner.
class OwnedDescriptor {
 public:
  OwnedDescriptor() noexcept = default;
  OwnedDescriptor(base::Driver& driver, int descriptor) noexcept : driver_(&driver), descriptor_(descriptor) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : driver_(other.driver_), descriptor_(other.release()) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    if (this != &other) {
      close();
      driver_ = other.driver_;
      descriptor_ = other.release();
    }
    return *this;
  }
  ~OwnedDescriptor() { close(); }

  explicit operator bool() const noexcept { return descriptor_ >= 0; }
  base::Driver& driver() const noexcept { return *driver_; }
  int get() const noexcept { return descriptor_; }
  int release() noexcept { return std::exchange(descriptor_, -1); }
  void close() noexcept;

 private:
  base::Driver* driver_ = nullptr;
  int descriptor_ = -1;
};

/// Thread safety: as Registration. Lifetime: no wait may be going on when it is destroyed or moved.
class Socket {
 public:
  Socket() noexcept = default;
  /// Registers a non-blocking descriptor with the reactor of this thread's runtime.
  static Result<Socket> make(OwnedDescriptor descriptor, std::uint32_t ready);

  Socket(Socket&&) noexcept = default;
  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) {
      close();
      registration_ = std::move(other.registration_);
    }
    return *this;
  }
  ~Socket() { close(); }

  explicit operator bool() const noexcept { return static_cast<bool>(registration_); }
  const Registration& registration() const noexcept { return registration_; }
  int descriptor() const noexcept { return registration_.descriptor(); }
  base::Driver& driver() const noexcept { return registration_.driver(); }
  void close() noexcept;
  /// Deregisters and gives the descriptor away.
  base::UniqueFd release() noexcept { return base::UniqueFd(registration_.reset()); }

  Result<base::SocketAddress> local_address() const;
  Result<base::SocketAddress> peer_address() const;
  /// The pending error (SO_ERROR), which is cleared.
  Result<void> take_error() const;

  template <class T>
    requires std::is_trivially_copyable_v<T>
  Result<void> set_option(int level, int name, const T& value) const {
    return driver().set_option(descriptor(), level, name, std::as_bytes(std::span(&value, 1)));
  }
  template <class T>
    requires std::is_trivially_copyable_v<T>
  Result<T> option(int level, int name) const {
    T value{};
    if (auto read = driver().option(descriptor(), level, name, std::as_writable_bytes(std::span(&value, 1))); !read) {
      return std::move(read).error();
    }
    return value;
  }

 private:
  [[no_unique_address]] Registration registration_;  // its padding serves what is added to a socket
};

}  // namespace rondeau::detail
