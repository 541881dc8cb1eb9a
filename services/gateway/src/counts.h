// What the gateway counts, beside what every service does.
#pragma once

#include <memory>

#include <rondeau/observe/metrics.h>

namespace gateway {

struct Counts {
  explicit Counts(std::shared_ptr<rondeau::observe::Registry> in)
      : registry(std::move(in)),
        requests(registry->counter("gateway_upstream_requests_total", "Requests that were handed to a peer.",
                                   {"upstream", "peer", "outcome"})),
        retries(registry->counter("gateway_retries_total", "Requests that were handed to another peer.", {"upstream"})),
        reloads(registry->counter("gateway_config_reloads_total", "Reads of the file of routes.", {"result"})) {}

  std::shared_ptr<rondeau::observe::Registry> registry;  ///< keeps the families
  rondeau::observe::Family<rondeau::observe::Counter>& requests;
  rondeau::observe::Family<rondeau::observe::Counter>& retries;
  rondeau::observe::Family<rondeau::observe::Counter>& reloads;
};

}  // namespace gateway
