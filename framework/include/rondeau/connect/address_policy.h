// AddressPolicy: which addresses may be connected to, whatever name they hide behind.
#pragma once

#include <functional>
#include <memory>

#include <rondeau/base/ip_address.h>
#include <rondeau/base/socket_address.h>

namespace rondeau::connect {

/// Whether an address can be reached from anywhere in the Internet: none of the ranges for special purposes (RFC 6890
/// and its registries), such as private networks, loopback, link-local (where clouds keep their metadata), shared
/// address space, documentation, multicast. What carries a version 4 address (mapped, NAT64, 6to4, Teredo) counts as
/// that address.
bool is_public(const IpAddress& address) noexcept;

/// Asked of each resolved address, after resolution: the only reliable guard where the name comes from outside
/// (webhooks, link previews), since names may be resolved to anything, and to something else the next time.
///
/// A copyable value. Thread safety: any thread.
class AddressPolicy {
 public:
  using Allows = std::function<bool(const SocketAddress&)>;

  /// Everything.
  static AddressPolicy allow_all() { return AddressPolicy(nullptr); }
  /// IP addresses that is_public(); no Unix sockets.
  static AddressPolicy public_only();
  /// `allows` is called from any thread.
  static AddressPolicy custom(Allows allows) {
    return AddressPolicy(std::make_shared<const Allows>(std::move(allows)));
  }

  bool allows(const SocketAddress& address) const { return allows_ == nullptr || (*allows_)(address); }

 private:
  explicit AddressPolicy(std::shared_ptr<const Allows> allows) noexcept : allows_(std::move(allows)) {}
  std::shared_ptr<const Allows> allows_;  // null: all
};

}  // namespace rondeau::connect
