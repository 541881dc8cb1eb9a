// The routes of the admin listener.
#pragma once

#include <memory>

#include <rondeau/routing/router.h>

#include "admin/desk.h"
#include "admin/terms.h"

namespace rondeau::admin {

/// Health and metrics for whom the Doorkeeper lets in, the rest for whom the Keyholder does, too. What there is as text
/// and as JSON is JSON with `?format=json`, or where Accept names application/json.
Router<> pages(std::shared_ptr<const Desk> desk, const Terms& terms);

}  // namespace rondeau::admin
