// The server of this test program.
#pragma once

#include "support/postgres_server.h"

namespace integration {

/// Started once, by main.
support::PostgresServer& server();

}  // namespace integration
