/* A libnvidia-ml.so.1 for machines without NVIDIA's driver: the functions that pynvml calls, for
   FAKE_NVML_GPUS GPUs. FAKE_NVML_UNSUPPORTED names the measures that they do not report, as many
   GPUs do not; FAKE_NVML_FAILS makes the driver fail as a whole. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6, DRIVER_NOT_LOADED = 9 };

typedef struct { unsigned gpu, memory; } utilization_t;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } memory_t;
typedef struct { unsigned version, sensor; int temperature; } temperature_t;

static const unsigned long long MIB = 1024 * 1024;
static unsigned long long millijoules = 5000000;

static long count(void) {
  const char *gpus = getenv("FAKE_NVML_GPUS");
  return gpus ? atol(gpus) : 1;
}

static int reports(const char *measure) {
  const char *unsupported = getenv("FAKE_NVML_UNSUPPORTED");
  return unsupported && strstr(unsupported, measure) ? NOT_SUPPORTED : SUCCESS;
}

/* A handle is the GPU's number, from 1. */
static void uuid_of(long gpu, char *uuid, unsigned length) {
  snprintf(uuid, length, "GPU-00000000-0000-0000-0000-%012ld", gpu);
}

int nvmlInitWithFlags(unsigned flags) {
  (void)flags;
  return getenv("FAKE_NVML_FAILS") ? DRIVER_NOT_LOADED : SUCCESS;
}
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) { return SUCCESS; }
const char *nvmlErrorString(int code) { return code == NOT_SUPPORTED ? "Not Supported" : "Error"; }

int nvmlDeviceGetCount_v2(unsigned *number) {
  *number = (unsigned)count();
  return SUCCESS;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
  *device = (void *)(long)(index + 1);
  return index < count() ? SUCCESS : NOT_FOUND;
}
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) {
  char candidate[80];
  for (long gpu = 1; gpu <= count(); gpu++) {
    uuid_of(gpu, candidate, sizeof candidate);
    *device = (void *)gpu;
    if (!strcmp(candidate, uuid)) return SUCCESS;
  }
  return NOT_FOUND;
}
int nvmlDeviceGetName(void *device, char *name, unsigned length) {
  (void)device;
  snprintf(name, length, "NVIDIA H100 80GB HBM3");
  return SUCCESS;
}
int nvmlDeviceGetUUID(void *device, char *uuid, unsigned length) {
  uuid_of((long)device, uuid, length);
  return SUCCESS;
}
int nvmlDeviceGetUtilizationRates(void *device, utilization_t *rates) {
  (void)device;
  rates->gpu = 97;
  rates->memory = 40;
  return reports("utilization");
}
int nvmlDeviceGetMemoryInfo_v2(void *device, memory_t *memory) {
  (void)device;
  memory->total = 81559 * MIB;
  memory->used = 21000 * MIB;
  return reports("memory");
}
int nvmlDeviceGetTemperatureV(void *device, temperature_t *reading) {
  (void)device;
  reading->temperature = 71;
  return reports("temperature");
}
/* Older drivers have only this one. */
int nvmlDeviceGetTemperature(void *device, unsigned sensor, unsigned *celsius) {
  (void)device;
  (void)sensor;
  *celsius = 70;
  return reports("any temperature");
}
int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts) {
  (void)device;
  *milliwatts = 612500;
  return reports("power");
}
/* Each call finds 12 J more than the one before. */
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *total) {
  (void)device;
  *total = millijoules;
  millijoules += 12000;
  return reports("energy");
}
