// /work: gives the task in the background something to do, and tells how far it is.
#pragma once

#include "app.h"

namespace {{ns}} {

void add_work(rondeau::Router<App>& router);

}  // namespace {{ns}}
