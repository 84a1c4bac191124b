import { chromium } from 'playwright-core'
const [url, out, w = 1440, h = 900, scheme = 'light', waitMs = 1500, ...actions] = process.argv.slice(2)
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
const page = await browser.newPage({ viewport: { width: +w, height: +h }, colorScheme: scheme })
page.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log(m.type(), m.text()))
page.on('pageerror', (e) => console.log('pageerror', e.message))
await page.goto(url)
await page.waitForTimeout(+waitMs)
for (const a of actions) {
  const [k, ...r] = a.split(':'); const v = r.join(':')
  if (k === 'key') await page.keyboard.press(v)
  else if (k === 'click') await page.click(v, { timeout: 3000 }).catch((e) => console.log(e.message.split('\n')[0]))
  else if (k === 'move') { const [x, y] = v.split(',').map(Number); await page.mouse.move(x, y) }
  else if (k === 'at') { const [x, y] = v.split(',').map(Number); await page.mouse.click(x, y) }
  else if (k === 'drag') { const [x, y, x2, y2] = v.split(',').map(Number); await page.mouse.move(x, y); await page.mouse.down(); await page.mouse.move((x + x2) / 2, y2); await page.mouse.move(x2, y2); await page.mouse.up() }
  else if (k === 'file') await page.setInputFiles('input[type=file]', v)
  else if (k === 'wait') await page.waitForTimeout(+v)
  await page.waitForTimeout(300)
}
await page.screenshot({ path: out })
await browser.close()
