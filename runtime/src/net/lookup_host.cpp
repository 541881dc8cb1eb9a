#include <rondeau/net/lookup_host.h>

#include <rondeau/base/driver.h>
#include <rondeau/detail/scheduler.h>

namespace rondeau::net {

LookupHost::LookupHost(std::string host, std::uint16_t port) : host_(std::move(host)) {
  if (auto ip = IpAddress::parse(host_)) {
    literal_.emplace_back(*ip, port);
    return;
  }
  // The call owns a copy of the name: it may run on when this is gone.
  auto [call, result] =
      detail::make_blocking_cell(std::source_location::current(),
                                 [](base::Driver* driver, const std::string& name, std::uint16_t with_port) {
                                   return driver->look_up(name, with_port);
                                 },
                                 &detail::require_scheduler().driver(), host_, port);
  call_.emplace(call, task::BuiltInPool::Resolver);
}

Result<LookupHost::Addresses> LookupHost::await_resume() {
  if (!call_) return std::move(literal_);
  auto found = call_->await_resume();
  if (!found) return found.error().with("look up " + host_);
  return found;
}

}  // namespace rondeau::net
