// Whether a peer is there, asked again and again.
#pragma once

#include <memory>
#include <string>

#include <rondeau/client/client.h>
#include <rondeau/task/task.h>

#include "settings.h"

namespace gateway {

class PeerState;

/// Asks for settings.path every settings.every, ± 20 % so that many gateways do not ask at once. 2xx is health; the first
/// answer counts as many, so that a gateway that starts knows soon. Ends when it is cancelled.
rondeau::Task<void> check_health(rondeau::Client client, std::string upstream, std::string peer,
                                 std::shared_ptr<PeerState> state, HealthSettings settings);

}  // namespace gateway
