// /rooms: WebSockets that meet in rooms, and what can be told and said without one.
#pragma once

#include "app.h"

namespace {{ns}} {

void add_rooms(rondeau::Router<App>& router);

}  // namespace {{ns}}
