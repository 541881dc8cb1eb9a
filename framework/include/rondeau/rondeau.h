// What one types daily: routers, handlers' parameters and results, tasks. One include for a service.
#pragma once

#include <rondeau/base/result.h>
#include <rondeau/extract/body.h>
#include <rondeau/extract/connection.h>
#include <rondeau/extract/early_hints.h>
#include <rondeau/extract/header.h>
#include <rondeau/extract/json.h>
#include <rondeau/extract/path.h>
#include <rondeau/extract/query.h>
#include <rondeau/extract/state.h>
#include <rondeau/http/method.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/http/status.h>
#include <rondeau/middleware/catch.h>
#include <rondeau/middleware/provides.h>
#include <rondeau/middleware/request_id.h>
#include <rondeau/middleware/set_header.h>
#include <rondeau/middleware/timeout.h>
#include <rondeau/response/disposition.h>
#include <rondeau/response/into_response.h>
#include <rondeau/response/problem.h>
#include <rondeau/response/results.h>
#include <rondeau/routing/router.h>
#include <rondeau/routing/url.h>
#include <rondeau/task/task.h>
