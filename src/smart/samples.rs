//! Answers of `smartctl -j -x` as far as they are read: forms as smartmontools 7.4 prints them, drives made up.

/// A SATA drive of five years.
pub const ATA: &str = r#"{
"smartctl": {"version": [7, 4], "exit_status": 64},
"device": {"name": "/dev/sda", "type": "sat", "protocol": "ATA"},
"model_family": "Example NAS", "model_name": "EX4000VN000-1", "rotation_rate": 5900,
"interface_speed": {
  "max": {"sata_value": 14, "string": "6.0 Gb/s", "units_per_second": 60, "bits_per_unit": 100000000},
  "current": {"sata_value": 2, "string": "3.0 Gb/s", "units_per_second": 30, "bits_per_unit": 100000000}},
"ata_apm": {"enabled": false},
"write_cache": {"enabled": true},
"smart_status": {"passed": true},
"ata_smart_data": {"self_test": {"status": {"value": 0, "string": "completed without error", "passed": true}}},
"ata_sct_capabilities": {"error_recovery_control_supported": true},
"ata_smart_attributes": {"table": [
  {"id": 4, "name": "Start_Stop_Count", "raw": {"value": 310, "string": "310"}},
  {"id": 5, "name": "Reallocated_Sector_Ct", "raw": {"value": 8, "string": "8"}},
  {"id": 9, "name": "Power_On_Hours", "raw": {"value": 47211, "string": "47211"}},
  {"id": 187, "name": "Reported_Uncorrect", "raw": {"value": 2, "string": "2"}},
  {"id": 193, "name": "Load_Cycle_Count", "raw": {"value": 912004, "string": "912004"}},
  {"id": 194, "name": "Temperature_Celsius", "raw": {"value": 77309411362, "string": "34 (0 18 0 0 0)"}},
  {"id": 197, "name": "Current_Pending_Sector", "raw": {"value": 0, "string": "0"}},
  {"id": 198, "name": "Offline_Uncorrectable", "raw": {"value": 0, "string": "0"}},
  {"id": 199, "name": "UDMA_CRC_Error_Count", "raw": {"value": 3, "string": "3"}}]},
"power_on_time": {"hours": 47211},
"temperature": {"current": 34},
"ata_smart_self_test_log": {"extended": {"count": 1, "table": [
  {"type": {"value": 2, "string": "Extended offline"},
   "status": {"value": 0, "string": "Completed without error", "passed": true}, "lifetime_hours": 47000}]}},
"ata_sct_erc": {"read": {"enabled": true, "deciseconds": 70}, "write": {"enabled": true, "deciseconds": 70}}
}"#;

/// A SAS drive.
pub const SAS: &str = r#"{
"smartctl": {"version": [7, 4], "exit_status": 0},
"device": {"name": "/dev/sdb", "type": "scsi", "protocol": "SCSI"},
"rotation_rate": 7200,
"smart_status": {"passed": true},
"temperature": {"current": 38, "drive_trip": 60},
"power_on_time": {"hours": 30110, "minutes": 12},
"scsi_start_stop_cycle_counter": {"accumulated_start_stop_cycles": 58, "accumulated_load_unload_cycles": 2210},
"scsi_grown_defect_list": 11,
"scsi_error_counter_log": {"read": {"total_uncorrected_errors": 3}, "write": {"total_uncorrected_errors": 1}},
"scsi_self_test_0": {"code": {"value": 2, "string": "Background long"},
  "result": {"value": 0, "string": "Completed"}, "power_on_time": {"hours": 30000}}
}"#;

/// An NVMe drive.
pub const NVME: &str = r#"{
"smartctl": {"version": [7, 4], "exit_status": 0},
"device": {"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"},
"smart_status": {"passed": true, "nvme": {"value": 0}},
"nvme_smart_health_information_log": {"critical_warning": 0, "temperature": 41, "available_spare": 100,
  "percentage_used": 12, "power_on_hours": 8123, "media_errors": 0, "num_err_log_entries": 5},
"temperature": {"current": 41},
"power_on_time": {"hours": 8123}
}"#;
