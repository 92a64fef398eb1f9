/** What happened to a server called `shop`, and what a rule makes of it. A sample each half minute. */
export interface AlertStory {
  readonly rule: string;
  /** In the notation of promtool: `1x30` is 31 samples of 1. */
  readonly series: Readonly<Record<string, string>>;
  /** When nothing is told. */
  readonly quiet: readonly string[];
  /** When the alarm is raised; absent: never. */
  readonly fires?: string;
  /** Of the alarm, besides the severity. Several if it is raised for several. */
  readonly labels?: readonly Readonly<Record<string, string>>[];
  readonly severity?: 'warning' | 'critical';
}

const job = 'job="sapiengraph-cctv", instance="shop"';
const shop = { instance: 'shop' };
const daemon = { job: 'sapiengraph-cctv', instance: 'shop' };
const door = 'account="bach", camera="front-door", instance="shop"';
const doorLabels = { account: 'bach', camera: 'front-door', instance: 'shop' };
const of = (camera: string): string => `account="bach", camera="${camera}", instance="shop"`;

export const alertStories: readonly AlertStory[] = [
  {
    rule: 'CctvDaemonDown',
    series: { [`up{${job}}`]: '1x30 0x30' },
    quiet: ['14m', '16m'],
    fires: '18m',
    labels: [daemon],
    severity: 'critical',
  },
  {
    rule: 'CctvCameraWithoutFootage',
    series: { [`cctv_camera_last_footage_age_seconds{${door}}`]: '1x30 30+30x30' },
    quiet: ['17m', '20m'],
    fires: '25m',
    labels: [doorLabels],
    severity: 'warning',
  },
  {
    // Connected from the beginning, and there is no footage of it at all.
    rule: 'CctvCameraNotRecorded',
    series: {
      [`cctv_camera_connected{${door}}`]: '1x60',
      [`cctv_camera_connected{${of('kitchen')}}`]: '1x60',
      [`cctv_camera_last_footage_age_seconds{${of('kitchen')}}`]: '1x60',
      [`cctv_camera_connected{${of('attic')}}`]: '0x60',
    },
    quiet: ['4m'],
    fires: '6m',
    labels: [doorLabels],
    severity: 'warning',
  },
  {
    // Its tunnel is closed and comes back each two minutes, since it never asks for its forward.
    rule: 'CctvCameraNotRecorded',
    series: { [`cctv_camera_connected{${door}}`]: '1 0 0 0 1 0 0 0 1 0 0 0 1 0 0 0 1 0 0 0 1 0' },
    quiet: ['4m'],
    fires: '8m',
    labels: [doorLabels],
    severity: 'warning',
  },
  {
    // It dials in and is recorded two minutes later.
    rule: 'CctvCameraNotRecorded',
    series: {
      [`cctv_camera_connected{${door}}`]: '1x60',
      [`cctv_camera_last_footage_age_seconds{${door}}`]: '_x4 1x56',
    },
    quiet: ['2m', '10m', '29m'],
  },
  {
    rule: 'CctvCameraNeverConnected',
    series: {
      [`cctv_camera_never_connected_seconds{${door}}`]: '0+30x180',
      // It came after half an hour.
      [`cctv_camera_never_connected_seconds{${of('kitchen')}}`]: '0+30x60 stale',
    },
    quiet: ['10m', '59m'],
    fires: '61m',
    labels: [doorLabels],
    severity: 'warning',
  },
  {
    rule: 'CctvManyCamerasOffline',
    series: {
      [`cctv_camera_connected{${of('a')}}`]: '1x30 0x30',
      [`cctv_camera_connected{${of('b')}}`]: '1x30 0x30',
      [`cctv_camera_connected{${of('c')}}`]: '1x60',
      [`cctv_camera_connected{${of('d')}}`]: '1x60',
    },
    quiet: ['14m', '18m'],
    fires: '22m',
    labels: [shop],
    severity: 'critical',
  },
  {
    // A batch was added that is to be delivered yet: that is no outage.
    rule: 'CctvManyCamerasOffline',
    series: {
      [`cctv_camera_connected{${of('a')}}`]: '1x60',
      [`cctv_camera_connected{${of('b')}}`]: '1x60',
      [`cctv_camera_connected{${of('c')}}`]: '1x60',
      [`cctv_camera_connected{${of('d')}}`]: '0x60',
      [`cctv_camera_connected{${of('e')}}`]: '0x60',
      [`cctv_camera_never_connected_seconds{${of('d')}}`]: '0+30x60',
      [`cctv_camera_never_connected_seconds{${of('e')}}`]: '0+30x60',
    },
    quiet: ['10m', '29m'],
  },
  {
    rule: 'CctvUploadOutage',
    series: { [`cctv_upload_outage_seconds{instance="shop"}`]: '0x30 30+30x60' },
    quiet: ['15m', '20m', '25m'],
    fires: '30m',
    labels: [shop],
    severity: 'critical',
  },
  {
    rule: 'CctvUploadsTooSlow',
    series: {
      'cctv_spool_oldest_age_seconds{instance="shop"}': '0+30x120',
      'cctv_upload_outage_seconds{instance="shop"}': '0x120',
    },
    quiet: ['29m', '35m'],
    fires: '45m',
    labels: [shop],
    severity: 'warning',
  },
  {
    // Where nothing can be uploaded at all, another rule tells.
    rule: 'CctvUploadsTooSlow',
    series: {
      'cctv_spool_oldest_age_seconds{instance="shop"}': '0+30x120',
      'cctv_upload_outage_seconds{instance="shop"}': '30+30x120',
    },
    quiet: ['45m', '59m'],
  },
  {
    // What is old is what the store refuses, of which another rule tells.
    rule: 'CctvUploadsTooSlow',
    series: {
      'cctv_spool_oldest_age_seconds{instance="shop"}': '0+30x120',
      'cctv_upload_outage_seconds{instance="shop"}': '0x120',
      'cctv_uploads_refused{instance="shop"}': '1x120',
    },
    quiet: ['45m', '59m'],
  },
  {
    rule: 'CctvSegmentsRefused',
    series: { 'cctv_uploads_refused{instance="shop"}': '0x20 1x60' },
    quiet: ['9m', '24m'],
    fires: '27m',
    labels: [shop],
    severity: 'warning',
  },
  {
    rule: 'CctvFootageGone',
    series: { 'cctv_bucket_gone_segments_total{instance="shop"}': '0x20 4x60' },
    quiet: ['9m'],
    fires: '12m',
    labels: [shop],
    severity: 'critical',
  },
  {
    rule: 'CctvStoreLies',
    series: { 'cctv_store_read_backs_total{instance="shop", outcome="wrong"}': '0x20 1x60' },
    quiet: ['9m'],
    fires: '12m',
    labels: [{ ...shop, outcome: 'wrong' }],
    severity: 'critical',
  },
  {
    rule: 'CctvSpoolDiskNearlyFull',
    series: { 'cctv_spool_disk_state{instance="shop", state="nearly full"}': '0x30 1x30' },
    quiet: ['15m', '19m'],
    fires: '22m',
    labels: [{ ...shop, state: 'nearly full' }],
    severity: 'warning',
  },
  {
    rule: 'CctvSpoolDiskFull',
    series: { 'cctv_spool_disk_state{instance="shop", state="full"}': '0x30 1x30' },
    quiet: ['15m'],
    fires: '16m',
    labels: [{ ...shop, state: 'full' }],
    severity: 'critical',
  },
  {
    rule: 'CctvRecordingHalted',
    series: { 'cctv_spool_recording_halted{instance="shop"}': '0x30 1x30 0x10' },
    quiet: ['15m', '31m'],
    fires: '16m',
    labels: [shop],
    severity: 'critical',
  },
  {
    rule: 'CctvFootageDropped',
    series: { 'cctv_spool_dropped_segments_total{instance="shop"}': '0x30 5x60' },
    quiet: ['15m', '40m'],
    fires: '17m',
    labels: [shop],
    severity: 'critical',
  },
  {
    rule: 'CctvRecordingUnsteady',
    series: {
      [`cctv_camera_restarts_total{${door}}`]: '0x30 1+1x60',
      // Now and then is no trouble.
      [`cctv_camera_restarts_total{${of('kitchen')}}`]: '0x30 1x40 2x20',
    },
    quiet: ['15m', '18m'],
    fires: '30m',
    labels: [doorLabels],
    severity: 'warning',
  },
  {
    rule: 'CctvFootageDamaged',
    series: { 'cctv_spool_damaged_bytes{instance="shop"}': '700x30 900x60' },
    quiet: ['15m'],
    fires: '20m',
    labels: [shop],
    severity: 'warning',
  },
  {
    rule: 'CctvManyLoginsRefused',
    series: {
      'cctv_tunnel_logins_total{instance="shop", result="refused"}': '0x20 100+200x80',
      'cctv_tunnel_logins_total{instance="shop", result="crowded"}': '0x20 50+100x80',
      'cctv_tunnel_logins_total{instance="shop", result="accepted"}': '0+900x100',
    },
    quiet: ['10m', '20m'],
    fires: '40m',
    labels: [shop],
    severity: 'warning',
  },
  {
    rule: 'CctvAlertsFail',
    series: { 'cctv_alert_channels_failing{instance="shop"}': '0x30 2x60' },
    quiet: ['15m', '24m'],
    fires: '27m',
    labels: [shop],
    severity: 'warning',
  },
  {
    rule: 'CctvEventLoopSlow',
    series: { [`nodejs_eventloop_lag_p99_seconds{${job}}`]: '0.01x30 0.8x60' },
    quiet: ['15m', '19m'],
    fires: '22m',
    labels: [daemon],
    severity: 'warning',
  },
  {
    rule: 'CctvServerOverloaded',
    series: { 'cctv_server_overloaded{instance="shop"}': '0x30 1x60' },
    quiet: ['15m', '16m'],
    fires: '18m',
    labels: [shop],
    severity: 'warning',
  },
  {
    rule: 'CctvClockWrong',
    series: { 'cctv_clock_wrong{instance="shop"}': '0x30 1x60' },
    quiet: ['15m'],
    fires: '17m',
    labels: [shop],
    severity: 'critical',
  },
  {
    rule: 'CctvFileDescriptorsShort',
    series: {
      [`process_open_fds{${job}}`]: '100x30 900x60',
      [`process_max_fds{${job}}`]: '1000x90',
    },
    quiet: ['15m', '19m'],
    fires: '25m',
    labels: [daemon],
    severity: 'warning',
  },
];
