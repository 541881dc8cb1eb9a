// Around: a listener that does something more with what another one accepts.
#pragma once

#include <memory>
#include <utility>

#include <rondeau/server/listener.h>

namespace rondeau::server {

class Listener::Around : public Interface {
 public:
  explicit Around(std::unique_ptr<Interface> inner) : inner_(std::move(inner)) {}

  Result<base::SocketAddress> local_addr() const override { return inner_->local_addr(); }
  void drop_new_connections() noexcept override { inner_->drop_new_connections(); }
  bool start_wait(io::Waiter& waiter) noexcept override { return inner_->start_wait(waiter); }
  void end_wait(io::Waiter& waiter) noexcept override { inner_->end_wait(waiter); }

 protected:
  Interface& inner() noexcept { return *inner_; }

 private:
  std::unique_ptr<Interface> inner_;
};

}  // namespace rondeau::server
