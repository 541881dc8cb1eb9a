// The interleaving explorer: small scenarios of a few threads, run in every order, with every value a load may return.
// model/engine.h tells how.
#pragma once

#include "support/model/atomic.h"
#include "support/model/atomics.h"
#include "support/model/cell.h"
#include "support/model/explore.h"
#include "support/model/sync.h"
