// As the runtime's, with what every room of the framework stands on.
#pragma once

#include "../../runtime/src/precompiled.h"

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/task/task.h>
